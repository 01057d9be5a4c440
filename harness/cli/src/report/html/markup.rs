//! Elements of a page. Text and attributes are escaped where they are written, so nothing of a record is ever markup.

use std::fmt::{self, Write as _};

/// An element with its attributes and contents.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(String, String)>,
    contents: Vec<Node>,
    is_void: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Element(Element),
    Text(String),
    /// Script or style of this program's own, in which nothing is escaped.
    Verbatim(&'static str),
}

impl Element {
    /// Creates an empty element.
    pub(super) fn new(name: &'static str) -> Element {
        Element { name, attributes: Vec::new(), contents: Vec::new(), is_void: false }
    }

    /// Adds an attribute.
    pub(super) fn attribute(mut self, name: &str, value: &str) -> Element {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the class.
    pub(super) fn class(self, name: &str) -> Element {
        self.attribute("class", name)
    }

    /// Adds an element, if there is one.
    pub(super) fn with(mut self, element: impl Into<Option<Element>>) -> Element {
        self.contents.extend(element.into().map(Node::Element));
        self
    }

    /// Adds text.
    pub(super) fn text(mut self, text: &str) -> Element {
        self.contents.push(Node::Text(text.to_owned()));
        self
    }

    /// Adds script or style of this program's own.
    pub(super) fn verbatim(mut self, text: &'static str) -> Element {
        self.contents.push(Node::Verbatim(text));
        self
    }

    /// Makes it one that has no end.
    pub(super) fn void(mut self) -> Element {
        self.is_void = true;
        self
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"")?;
            escape(f, value)?;
            f.write_char('"')?;
        }
        f.write_char('>')?;
        if self.is_void {
            return Ok(());
        }
        for node in &self.contents {
            match node {
                Node::Element(element) => write!(f, "{element}")?,
                Node::Text(text) => escape(f, text)?,
                Node::Verbatim(text) => f.write_str(text)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// Writes text so that it is only text, between tags and in quotes. Characters that show nothing, or turn the line around, are spelt out.
fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\'' => f.write_str("&#39;")?,
            '\n' => f.write_char(c)?,
            c if c.is_control() || is_invisible(c) => write!(f, "{}", c.escape_unicode())?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

/// Returns whether a character changes the direction or the joining of others: Unicode, Bidi_Control and zero-width characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn nothing_in_a_text_or_an_attribute_is_markup() {
        let hostile = "</script><b onclick='x()'>\"&amp;\u{202e}\u{0}";
        let page = Element::new("p").attribute("title", hostile).text(hostile).to_string();
        let safe = "&lt;/script&gt;&lt;b onclick=&#39;x()&#39;&gt;&quot;&amp;amp;\\u{202e}\\u{0}";
        assert_eq!(page, format!("<p title=\"{safe}\">{safe}</p>"));
    }
}
