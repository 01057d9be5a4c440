//! The hardened reference store, and flaws as small local changes to it.
