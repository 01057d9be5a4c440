//! The catalogue of Interloper: one folder an area, one file a subject.
//!
//! A scenario is a [`Scenario`]: its sentence, fix, severity and references as data, and one function that checks one case.
//! Its name is the path of its file, and never changes.

#[cfg(test)]
#[path = "../../harness/engine/src/allocated.rs"]
#[expect(unsafe_code, reason = "an allocator that counts, for the tests of sizes")]
mod allocated;
pub mod clients;
pub mod concurrency;
pub mod cookies;
pub mod corruption;
pub mod deletion;
pub mod doors;
pub mod encryption;
pub mod exposure;
mod families;
pub mod faults;
pub mod fuzzing;
pub mod honesty;
pub mod identifiers;
pub mod lifecycle;
mod mends;
pub mod parsers;
pub mod permissions;
pub mod planting;
pub mod seizure;
pub mod shipped;
mod support;
mod vectors;
mod written;

/// The page of the book; its example is compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/add-a-scenario.md")]
mod add_a_scenario {}

pub use families::family_of;
use interloper_engine::Scenario;
pub use mends::MENDS;

/// Every scenario, in the order in which the catalogue prints them.
pub static CATALOGUE: &[&Scenario] = &[
    &permissions::nobody_reaches::SCENARIO,
    &permissions::mode_owner_only::SCENARIO,
    &permissions::directories::SCENARIO,
    &permissions::names::SCENARIO,
    &permissions::update_keeps_or_narrows::SCENARIO,
    &permissions::leftovers::SCENARIO,
    &permissions::setgid_parent::SCENARIO,
    &permissions::default_acl_parent::SCENARIO,
    &permissions::side_files::SCENARIO,
    &permissions::service_umask::SCENARIO,
    &permissions::close_on_exec::SCENARIO,
    &permissions::kept_descriptors::SCENARIO,
    &permissions::private_home_untouched::SCENARIO,
    &permissions::any_history::SCENARIO,
    &exposure::no_window::SCENARIO,
    &exposure::arguments::SCENARIO,
    &exposure::output::SCENARIO,
    &exposure::ids::SCENARIO,
    &exposure::elsewhere::SCENARIO,
    &doors::nobody_asks::SCENARIO,
    &planting::symlink::SCENARIO,
    &planting::hard_link::SCENARIO,
    &planting::fifo::SCENARIO,
    &planting::directory::SCENARIO,
    &planting::file::SCENARIO,
    &planting::service::SCENARIO,
    &deletion::absent_after_delete::SCENARIO,
    &deletion::idempotent::SCENARIO,
    &deletion::neighbours_untouched::SCENARIO,
    &deletion::residue::SCENARIO,
    &deletion::recoverable::SCENARIO,
    &deletion::overwritten::SCENARIO,
    &deletion::stays_deleted::SCENARIO,
    &deletion::expired_does_not_load::SCENARIO,
    &deletion::expired_cookie::SCENARIO,
    &deletion::use_extends_nothing::SCENARIO,
    &deletion::purge::SCENARIO,
    &deletion::purge_beside_damage::SCENARIO,
    &deletion::rotated_id_is_dead::SCENARIO,
    &corruption::empty::SCENARIO,
    &corruption::truncation::SCENARIO,
    &corruption::random_bytes::SCENARIO,
    &corruption::wrong_types::SCENARIO,
    &corruption::malformed::SCENARIO,
    &corruption::structure::SCENARIO,
    &corruption::bit_flips::SCENARIO,
    &corruption::swapped::SCENARIO,
    &corruption::huge::SCENARIO,
    &corruption::code_execution::SCENARIO,
    &corruption::replaced_by_directory::SCENARIO,
    &corruption::replaced_by_fifo::SCENARIO,
    &corruption::replaced_by_link::SCENARIO,
    &corruption::replaced_by_socket::SCENARIO,
    &corruption::unreadable::SCENARIO,
    &corruption::load_keeps_evidence::SCENARIO,
    &corruption::save_keeps_others::SCENARIO,
    &faults::crash::SCENARIO,
    &faults::errors::SCENARIO,
    &faults::short_writes::SCENARIO,
    &faults::disk_full::SCENARIO,
    &faults::file_size::SCENARIO,
    &faults::unwritable::SCENARIO,
    &faults::power_loss::SCENARIO,
    &faults::seen_by_others::SCENARIO,
    &faults::server_killed::SCENARIO,
    &concurrency::save_save::SCENARIO,
    &concurrency::update_update::SCENARIO,
    &concurrency::three_writers::SCENARIO,
    &concurrency::save_delete::SCENARIO,
    &concurrency::save_purge::SCENARIO,
    &concurrency::read_write::SCENARIO,
    &concurrency::stale_lock::SCENARIO,
    &concurrency::deadlock::SCENARIO,
    &concurrency::stress::SCENARIO,
    &honesty::saved_loads::SCENARIO,
    &honesty::replaced::SCENARIO,
    &honesty::histories::SCENARIO,
    &honesty::values::SCENARIO,
    &honesty::capacity::SCENARIO,
    &honesty::broken_neighbour::SCENARIO,
    &honesty::read_only_writes_nothing::SCENARIO,
    &identifiers::traversal::SCENARIO,
    &identifiers::separators::SCENARIO,
    &identifiers::very_long::SCENARIO,
    &identifiers::look_alikes::SCENARIO,
    &identifiers::parts::SCENARIO,
    &identifiers::reserved::SCENARIO,
    &identifiers::generated::SCENARIO,
    &identifiers::unpredictable::SCENARIO,
    &identifiers::requested_not_adopted::SCENARIO,
    &encryption::no_clear_text::SCENARIO,
    &encryption::unequal::SCENARIO,
    &encryption::key_apart::SCENARIO,
    &encryption::not_swappable::SCENARIO,
    &encryption::no_rollback::SCENARIO,
    &lifecycle::identity::SCENARIO,
    &lifecycle::own_id_planted::SCENARIO,
    &lifecycle::made_up_id::SCENARIO,
    &lifecycle::id_in_url::SCENARIO,
    &lifecycle::old_id_dead::SCENARIO,
    &lifecycle::logout::SCENARIO,
    &lifecycle::revoke_all::SCENARIO,
    &lifecycle::change_password::SCENARIO,
    &lifecycle::logout_during_visit::SCENARIO,
    &lifecycle::revoke_all_during_visit::SCENARIO,
    &lifecycle::change_password_during_visit::SCENARIO,
    &lifecycle::login_during_visit::SCENARIO,
    &lifecycle::histories::SCENARIO,
    &lifecycle::tampered::SCENARIO,
    &lifecycle::truncated::SCENARIO,
    &lifecycle::unpredictable_id::SCENARIO,
    &cookies::http_only::SCENARIO,
    &cookies::secure::SCENARIO,
    &cookies::same_site::SCENARIO,
    &cookies::scope::SCENARIO,
    &cookies::lifetime::SCENARIO,
    &cookies::deleted_at_logout::SCENARIO,
    &cookies::id_elsewhere::SCENARIO,
    &cookies::id_in_log::SCENARIO,
    &seizure::from_disk::SCENARIO,
    &clients::host_only::SCENARIO,
    &clients::domain::SCENARIO,
    &clients::foreign_domain::SCENARIO,
    &clients::public_suffix::SCENARIO,
    &clients::path::SCENARIO,
    &clients::secure::SCENARIO,
    &clients::downgrade_cookie::SCENARIO,
    &clients::secure_overwritten::SCENARIO,
    &clients::redirect_cookie::SCENARIO,
    &clients::given_cookie::SCENARIO,
    &clients::redirect_auth::SCENARIO,
    &clients::downgrade_auth::SCENARIO,
    &clients::certificate::SCENARIO,
    &clients::bound_to_host::SCENARIO,
    &clients::read_only::SCENARIO,
    &clients::deleted::SCENARIO,
    &clients::expired::SCENARIO,
    &clients::survives::SCENARIO,
    &fuzzing::regressions::SCENARIO,
    &fuzzing::headers::SCENARIO,
    &parsers::readings::SCENARIO,
    &parsers::prefix::SCENARIO,
    &parsers::smuggled::SCENARIO,
    &parsers::swallowed::SCENARIO,
    &parsers::lost::SCENARIO,
    &parsers::twice::SCENARIO,
    &parsers::set_cookie::SCENARIO,
    &parsers::logins::SCENARIO,
];
