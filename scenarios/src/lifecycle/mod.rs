//! The life of a login: from before it to after its end. Who is logged in is what the application shows, never a status or a word.

pub mod change_password;
pub mod change_password_during_visit;
mod elsewhere;
pub mod histories;
pub mod id_in_url;
pub mod identity;
pub mod login_during_visit;
pub mod logout;
pub mod logout_during_visit;
pub mod made_up_id;
pub mod old_id_dead;
pub mod own_id_planted;
mod races;
pub mod revoke_all;
pub mod revoke_all_during_visit;
pub mod tampered;
pub mod truncated;
pub mod unpredictable_id;
