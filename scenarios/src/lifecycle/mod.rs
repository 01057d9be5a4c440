//! The life of a login: from before it to after its end. Who is logged in is what the application shows, never a status or a word.

pub mod change_password;
mod elsewhere;
pub mod id_in_url;
pub mod identity;
pub mod logout;
pub mod made_up_id;
pub mod old_id_dead;
pub mod own_id_planted;
pub mod revoke_all;
pub mod tampered;
pub mod truncated;
