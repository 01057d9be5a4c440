//! A store that takes only ids of one form, as many that make their own: the others around it, with ids of 32 hexadecimal digits.

use interloper_driver::{Failure, Hello, IdForm, Open, Session, SessionStore};

use crate::{hardened_plain, make};

const ALPHABET: &str = "0123456789abcdef";
/// Returns what `hello` says of it: as if no letter were good at each place. The ids that the store makes have all.
const SAID: &str = "0123456789";
const LENGTH: u32 = 32;

/// The store.
pub struct FormedIds(Box<dyn SessionStore>);

/// The store of that name after `hex-`: `hardened-plain`, or a flaw.
pub fn hex_ids(name: &str) -> Option<FormedIds> {
    match name {
        "hardened-plain" => Some(FormedIds(Box::new(hardened_plain()))),
        flaw => make(flaw).map(FormedIds),
    }
}

fn checked(id: &str) -> Result<&str, Failure> {
    let fits = id.len() == LENGTH as usize && id.chars().all(|c| ALPHABET.contains(c));
    if fits { Ok(id) } else { Err(Failure::invalid("an id has 32 hexadecimal digits")) }
}

impl SessionStore for FormedIds {
    fn hello(&self) -> Hello {
        let example = "01928374655647382910019283746556".to_owned();
        let form = IdForm { alphabet: SAID.into(), length: LENGTH, example };
        let inner = self.0.hello();
        Hello { name: format!("hex-{}", inner.name), id_form: Some(form), ..inner }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.open(at)
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.0.save(checked(id)?, session)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.load(checked(id)?)
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.0.delete(checked(id)?)
    }

    fn create(&mut self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        self.0.create(requested, session)
    }

    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        self.0.rotate(checked(id)?)
    }

    fn purge(&mut self) -> Result<(), Failure> {
        self.0.purge()
    }

    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        self.0.advance(seconds)
    }
}
