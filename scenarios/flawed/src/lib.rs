//! The hardened reference store, and flaws as small local changes to it.
//!
//! [`hardened`] is the store to copy from: small, readable, and every scenario passes on it.
//! [`sharded()`] and [`one_file()`] are as careful and of other designs: what accuses one of them of something is a false alarm.
//! [`flaws`] are what proves the catalogue: each is that store with one step done wrong, and names the scenario that must notice.
//! [`hardened_app`] is the same for web applications, and [`app_flaws`] are its flaws.
//! [`splitting_parser`] and [`scanning_parser`] are the same for parsers, and [`parser_flaws`] are the flaws of the former.
//! [`hardened_client`] is the same for HTTP clients, and [`client_flaws`] are its flaws.
//! How to add one stands at the top of `flaws/mod.rs`.
//!
//! Nothing is here on other systems than Linux, because what is shown here is how to use Linux's calls.
#![cfg(target_os = "linux")]

mod app;
mod careful;
mod client;
mod flaws;
mod formed;
mod hardened;
mod parser;
mod planted;
mod served;
mod served_apart;
mod time_uuid;
mod versions;

pub use app::{HardenedApp, app_flaws, hardened_app};
pub use careful::{OneFile, Sharded, one_file, sharded};
pub use client::exchange as http;
pub use client::{
    HardenedClient, Trust, client_flaws, clocked_client, hardened_client, knocking_client,
    late_client, listed_client, staying_client, strict_client,
};
pub use flaws::{FlawEntry, flaws, make};
pub use formed::{FormedIds, hex_ids};
pub use hardened::{Hardened, hardened, hardened_plain};
pub use parser::{
    ScanningParser, SplittingParser, parser_flaws, scanning_parser, splitting_parser,
};
pub use planted::PlantedFlaw;
pub use served::hardened_served;
pub use served_apart::hardened_served_apart;
pub use versions::{Versioned, versioned};
