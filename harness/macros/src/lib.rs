//! The `test_store!` macro of Interloper.
//!
//! It is a procedural macro for one reason: a declarative one cannot make the name `umask_022` from the number `0o022`.
//! Everything that is not a name is in the facade, `interloper::testing`.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Makes a named test of every scenario for a session store. See the crate `interloper`.
#[proc_macro]
pub fn test_store(input: TokenStream) -> TokenStream {
    match MacroInput::parse(input) {
        Ok(asked) => asked.expand(),
        Err(message) => format!("::core::compile_error!({message:?});").parse().unwrap_or_default(),
    }
}

/// What stands between the braces.
struct MacroInput {
    module: String,
    adapter: TokenStream,
    umasks: Vec<u16>,
    allow: Vec<String>,
    fail_on: String,
}

const USAGE: &str = "expected `mod name { adapter: EXPRESSION, umask: [0o022, 0o077] }`, and perhaps `allow: [skip, predicted]` or `fail_on: medium`";

impl MacroInput {
    fn parse(input: TokenStream) -> Result<MacroInput, String> {
        let tokens: Vec<TokenTree> = input.into_iter().collect();
        let (module, body) = match &tokens[..] {
            [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body)]
                if word.to_string() == "mod" && body.delimiter() == Delimiter::Brace =>
            {
                (name.to_string(), body)
            }
            _ => return Err(USAGE.into()),
        };
        let mut adapter = None;
        // What the three common kinds of machine have.
        let mut umasks = vec![0o002, 0o022, 0o077];
        let mut allow = Vec::new();
        let mut fail_on = "low".to_owned();
        for (key, value) in entries(body)? {
            match key.as_str() {
                "adapter" => adapter = Some(value),
                "umask" => {
                    umasks =
                        list(value)?.iter().map(|text| umask(text)).collect::<Result<_, _>>()?
                }
                "allow" => {
                    allow = list(value)?;
                    if let Some(other) =
                        allow.iter().find(|word| !matches!(word.as_str(), "skip" | "predicted"))
                    {
                        return Err(format!("allow takes skip and predicted, not {other}"));
                    }
                }
                "fail_on" => {
                    fail_on = value.to_string();
                    if !matches!(fail_on.as_str(), "low" | "medium" | "high") {
                        return Err(format!("fail_on takes low, medium or high, not {fail_on}"));
                    }
                }
                other => return Err(format!("there is no key {other}; {USAGE}")),
            }
        }
        let adapter = adapter.ok_or_else(|| format!("adapter is missing; {USAGE}"))?;
        umasks.sort_unstable();
        umasks.dedup();
        if umasks.is_empty() {
            return Err("umask is empty: no test would be made".into());
        }
        Ok(MacroInput { module, adapter, umasks, allow, fail_on })
    }

    fn expand(self) -> TokenStream {
        let MacroInput { module, adapter, umasks, allow, fail_on } = self;
        let allow: String = allow.iter().map(|word| format!("{word:?},")).collect();
        let by_umask: String = umasks
            .iter()
            .map(|umask| {
                format!(
                    "pub mod umask_{umask:03o} {{ use super::STORE; \
                         ::interloper::__per_umask! {{ ::core::option::Option::Some({umask}) }} }}"
                )
            })
            .collect();
        let list: String = umasks.iter().map(|umask| format!("{umask},")).collect();
        // The adapter's own tokens go in as they are, so that the compiler's messages point at them.
        let text = format!(
            "mod {module} {{
                #[allow(unused_imports, reason = \"the adapter may be named in full\")]
                use super::*;
                fn adapter() -> ::std::boxed::Box<dyn ::interloper::SessionStore> {{
                    ::std::boxed::Box::new(__ADAPTER__)
                }}
                pub static STORE: ::interloper::testing::TestStore = ::interloper::testing::TestStore {{
                    name: ::core::concat!(::core::module_path!(), \"::store\"),
                    make: adapter,
                    umasks: &[{list}],
                    allow: &[{allow}],
                    fail_on: {fail_on:?},
                }};
                // Runs before main, with one thread: the sandbox's processes are this program executed again.
                #[cfg(target_os = \"linux\")]
                #[allow(unsafe_code, reason = \"the only place that is before the test harness starts threads\")]
                #[used]
                #[unsafe(link_section = \".init_array\")]
                static ENTER: extern \"C\" fn() = {{
                    extern \"C\" fn enter() {{ ::interloper::testing::enter(&STORE) }}
                    enter
                }};
                #[test]
                fn host_can_run_the_catalogue() {{ ::interloper::testing::host(&STORE) }}
                #[test]
                fn negative_control() {{ ::interloper::testing::negative_control(&STORE) }}
                {by_umask}
                ::interloper::__once! {{ ::core::option::Option::None }}
            }}"
        );
        match text.parse::<TokenStream>() {
            Ok(tokens) => put_in(tokens, &adapter),
            Err(error) => format!("::core::compile_error!({:?});", error.to_string())
                .parse()
                .unwrap_or_default(),
        }
    }
}

/// The `key: value` entries of a body.
fn entries(body: &Group) -> Result<Vec<(String, TokenStream)>, String> {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    tokens
        .split(comma)
        .filter(|entry| !entry.is_empty())
        .map(|entry| match entry {
            [TokenTree::Ident(key), TokenTree::Punct(colon), value @ ..]
                if colon.as_char() == ':' && !value.is_empty() =>
            {
                Ok((key.to_string(), value.iter().cloned().collect()))
            }
            _ => Err(USAGE.into()),
        })
        .collect()
}

/// The elements of `[a, b]`, as text.
fn list(value: TokenStream) -> Result<Vec<String>, String> {
    match value.into_iter().next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Ok(group
            .stream()
            .into_iter()
            .filter(|token| !matches!(token, TokenTree::Punct(_)))
            .map(|token| token.to_string())
            .collect()),
        _ => Err("expected a list in brackets".into()),
    }
}

fn umask(text: &str) -> Result<u16, String> {
    text.strip_prefix("0o")
        .and_then(|digits| u16::from_str_radix(digits, 8).ok())
        .filter(|umask| *umask <= 0o777)
        .ok_or_else(|| format!("{text} is no umask; write it in octal, as 0o022"))
}

/// Replaces the placeholder by the adapter's tokens.
fn put_in(tokens: TokenStream, adapter: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident.to_string() == "__ADAPTER__" => adapter.clone(),
            TokenTree::Group(group) => {
                let mut new = Group::new(group.delimiter(), put_in(group.stream(), adapter));
                new.set_span(group.span());
                TokenTree::Group(new).into()
            }
            other => other.into(),
        })
        .collect()
}
