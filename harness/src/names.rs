//! The scenarios by name, for the tests that `test_store!` makes: a macro cannot look into the catalogue.

/// The tests of the scenarios that are about the umask.
#[doc(hidden)]
#[macro_export]
macro_rules! __per_umask {
    ($($umask:tt)*) => {
        $crate::__tests! { [$($umask)*]
            permissions {
                nobody_reaches mode_owner_only directories names update_keeps_or_narrows leftovers
                setgid_parent default_acl_parent side_files service_umask kept_descriptors
                private_home_untouched
            }
            exposure { no_window }
            doors { nobody_asks }
        }
    };
}

/// The tests of the scenarios that are not.
#[doc(hidden)]
#[macro_export]
macro_rules! __once {
    ($($umask:tt)*) => {
        $crate::__tests! { [$($umask)*]
            permissions { close_on_exec any_history }
            exposure { arguments output ids elsewhere }
            planting { symlink hard_link fifo directory file service }
            faults {
                crash errors short_writes disk_full file_size unwritable power_loss seen_by_others
                server_killed
            }
            concurrency {
                save_save update_update save_delete save_purge read_write stale_lock deadlock
                three_writers stress
            }
            deletion {
                absent_after_delete idempotent neighbours_untouched residue recoverable overwritten
                stays_deleted expired_does_not_load expired_cookie use_extends_nothing purge
                purge_beside_damage
                rotated_id_is_dead
            }
            corruption {
                empty truncation random_bytes wrong_types malformed structure bit_flips swapped
                huge code_execution replaced_by_directory replaced_by_fifo
                replaced_by_link replaced_by_socket unreadable load_keeps_evidence
                save_keeps_others
            }
            honesty {
                saved_loads replaced histories values capacity broken_neighbour read_only_writes_nothing
            }
            identifiers {
                traversal separators very_long look_alikes parts reserved generated
                unpredictable requested_not_adopted
            }
            encryption { no_clear_text unequal key_apart not_swappable no_rollback }
            fuzzing { regressions }
        }
    };
}

/// One test for each name, in a module for each area, of the `STORE` beside it; or, for `[names]`, their ids.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ([names] $($area:ident { $($subject:ident)* })*) => {
        &[$($(::core::concat!(::core::stringify!($area), "::", ::core::stringify!($subject)),)*)*]
    };
    ([$umask:expr] $($area:ident { $($subject:ident)* })*) => {
        $(pub mod $area {
            $(#[test]
            fn $subject() {
                let id = ::core::concat!(::core::stringify!($area), "::", ::core::stringify!($subject));
                $crate::testing::run(&super::STORE, id, $umask);
            })*
        })*
    };
}

#[cfg(test)]
mod tests {
    use interloper_engine::{About, Scenario, Sweep};

    #[test]
    fn every_scenario_has_a_test_where_it_belongs() {
        let per_umask: &[&str] = crate::__per_umask!(names);
        let once: &[&str] = crate::__once!(names);
        // Applications and clients are tested by `interloper check --app` and `--client`.
        let about_stores = |scenario: &&&Scenario| scenario.about() == About::Store;
        let stores: Vec<_> = crate::CATALOGUE.iter().filter(about_stores).collect();
        for scenario in &stores {
            let swept = matches!(scenario.sweep, Sweep::Every | Sweep::Common);
            assert_eq!(per_umask.contains(&scenario.id), swept, "{}", scenario.id);
            assert_eq!(once.contains(&scenario.id), !swept, "{}", scenario.id);
        }
        assert_eq!(per_umask.len() + once.len(), stores.len());
    }
}
