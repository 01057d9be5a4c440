//! The store as the harness sees it; the fuzz target uses this file, too.

use file_store::FileStore;
use interloper::{Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup};

#[derive(Default)]
pub struct Adapter(Option<FileStore>);

impl Adapter {
    fn store(&self) -> Result<&FileStore, Failure> {
        self.0.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))
    }
}

impl SessionStore for Adapter {
    fn hello(&self) -> Hello {
        Hello::new("file-store", env!("CARGO_PKG_VERSION"))
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load, Operation::Delete])
            .setups([Setup::dir()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0 = Some(FileStore::open(at.path()?)?);
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        Ok(self.store()?.save(id, &session.data.clone().into_iter().collect())?)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let values = self.store()?.load(id)?;
        Ok(values
            .map(|values| Session { data: values.into_iter().collect(), ..Session::default() }))
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        Ok(self.store()?.delete(id)?)
    }
}
