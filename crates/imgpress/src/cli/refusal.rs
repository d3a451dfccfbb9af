use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Usage;

/// Turns clap's several lines about a wrong or missing value into one that names the flag, its variable, the
/// value and what is allowed. Everything else (help, an unknown flag) stays as clap says it.
pub(super) fn refusal(error: clap::Error, command: &clap::Command) -> anyhow::Error {
    let flag = text(&error, ContextKind::InvalidArg);
    let value = text(&error, ContextKind::InvalidValue).unwrap_or_default();
    let reason = match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => return error.into(),
        ErrorKind::InvalidValue => {
            text(&error, ContextKind::ValidValue).map(|values| format!("allowed: {values}"))
        }
        ErrorKind::ValueValidation => std::error::Error::source(&error).map(ToString::to_string),
        _ => None,
    };
    let (Some(flag), Some(reason)) = (flag, reason) else {
        return error.into();
    };
    if let Some(positional) = flag.strip_prefix('<').and_then(|flag| flag.split('>').next()) {
        return Usage(format!("{positional}: {value:?} cannot be taken; {reason}")).into();
    }
    let long = flag.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default();
    let (variable, secret) = variable_of(command, long);
    let variable = variable.map(|name| format!(" ({name})")).unwrap_or_default();
    let value = if secret { "the value".to_owned() } else { format!("{value:?}") };
    // An argument without dashes is called by its place, like <NAME>.
    let dashes = if flag.starts_with('-') { "--" } else { "" };
    Usage(format!("{dashes}{long}{variable}: {value} cannot be taken; {reason}")).into()
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// The variable of a flag, and whether its value must not be shown.
fn variable_of(command: &clap::Command, long: &str) -> (Option<String>, bool) {
    let arguments = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let argument = arguments.into_iter().find(|argument| argument.get_long() == Some(long));
    argument.map_or((None, false), |argument| {
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        (variable, argument.is_hide_env_values_set())
    })
}
