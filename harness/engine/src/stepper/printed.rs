//! A call as a story prints it, made when somebody asks for it: most steps are never told.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::calls::below_home;
use super::decode::Decoded;

/// A call's text: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0666)`.
#[derive(Clone, Default)]
pub struct Printed(Arc<Text>);

#[derive(Default)]
struct Text {
    text: OnceLock<String>,
    /// Decoded call, and the path below which others are printed as `~/…`.
    call: Option<(Decoded, Arc<Path>)>,
}

impl Printed {
    pub(super) fn of(call: Decoded, home: &Arc<Path>) -> Printed {
        Printed(Arc::new(Text { text: OnceLock::new(), call: Some((call, Arc::clone(home))) }))
    }
}

impl Deref for Printed {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.text.get_or_init(|| match &self.0.call {
            Some((call, home)) => call.show(&|path| below_home(home, path)),
            None => String::new(),
        })
    }
}

impl From<String> for Printed {
    fn from(text: String) -> Printed {
        Printed(Arc::new(Text { text: OnceLock::from(text), call: None }))
    }
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Printed {
    fn eq(&self, other: &Printed) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for Printed {}

impl Serialize for Printed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Printed, D::Error> {
        String::deserialize(deserializer).map(Printed::from)
    }
}
