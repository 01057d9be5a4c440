//! Who uses an application: names, passwords and values that are canaries.

use std::fmt;

use super::App;
use crate::canary::BLOCK_LEN;
use crate::shape::CANARIES_EACH;

/// Someone with a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The one who logs in.
    Victim,
    /// The one who wants the victim's session, and has an account too.
    Attacker,
    /// Somebody else, with an account.
    Bystander,
}

/// Numbers of a person's canaries.
const VALUE: u16 = 0;
const NAME: u16 = 1;
const PASSWORD: u16 = 2;
const NEW_PASSWORD: u16 = 3;

impl Actor {
    /// Everybody.
    pub const ALL: [Actor; 3] = [Actor::Victim, Actor::Attacker, Actor::Bystander];

    /// Returns the word for them.
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::Victim => "victim",
            Actor::Attacker => "attacker",
            Actor::Bystander => "bystander",
        }
    }

    /// Returns the slot of their secrets.
    pub fn slot(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl App<'_, '_> {
    fn canary(&self, actor: Actor, number: u16) -> String {
        self.lab.mint.canary(actor.slot() * CANARIES_EACH + number).text().to_owned()
    }

    /// Returns a person's name: the user's that the application has for them, or else one block of a canary.
    pub fn name(&self, actor: Actor) -> String {
        match self.description.users.get(actor.as_str()) {
            Some(user) => user.user.clone(),
            None => self.canary(actor, NAME)[..BLOCK_LEN].to_owned(),
        }
    }

    /// Returns a person's password.
    pub(super) fn password(&self, actor: Actor) -> String {
        if let Some(changed) = self.passwords.get(&actor) {
            return changed.clone();
        }
        self.first_password(actor)
    }

    fn first_password(&self, actor: Actor) -> String {
        match self.description.users.get(actor.as_str()) {
            Some(user) => user.password.clone(),
            None => self.canary(actor, PASSWORD)[..2 * BLOCK_LEN].to_owned(),
        }
    }

    /// Returns the password that a person changes to.
    pub(super) fn new_password(&self, actor: Actor) -> String {
        let new = self.canary(actor, NEW_PASSWORD)[..2 * BLOCK_LEN].to_owned();
        // An application may refuse the password that a user has already.
        match self.passwords.get(&actor) {
            Some(present) if *present == new => self.first_password(actor),
            _ => new,
        }
    }

    /// Returns the value that a person keeps.
    pub fn value(&self, actor: Actor) -> String {
        self.canary(actor, VALUE)
    }
}
