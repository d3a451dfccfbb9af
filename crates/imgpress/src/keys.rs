//! `imgpress keys`: who may use the API, in a file that running gateways read again when it changes.

mod file;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use imgpress_gateway::ApiKeyName;
use secrecy::{ExposeSecret, SecretString};

use self::file::EditedFile;
use crate::role::api_key::{kept_in, random_key};

/// What every new key starts with, so that a key that has strayed into a log or a repository is seen to be one.
const PREFIX: &str = "imgpress_";

/// Which keys, and what to do with them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// The file of API keys [default: api-keys in the data folder].
    #[arg(long, env = "IMGPRESS_API_KEYS_FILE", value_name = "FILE", global = true)]
    api_keys_file: Option<PathBuf>,
    /// The services' data folder.
    #[arg(long, env = "IMGPRESS_DATA_DIR", value_name = "FOLDER", default_value = "./data", global = true)]
    data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a key, keeps its hash, and prints the key, which nobody can do again.
    New {
        /// What to call it: letters, digits, '-', '_' and '.'.
        name: ApiKeyName,
    },
    /// Prints the names of all keys.
    List,
    /// Withdraws a key.
    Revoke {
        /// The key's name.
        name: ApiKeyName,
    },
}

/// Changes the file, or shows what is in it.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "what was asked for, and where it went")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = arguments.api_keys_file.clone().unwrap_or_else(|| kept_in(&arguments.data_dir));
    if let Action::List = arguments.action {
        file::read(&path)?.names().for_each(|name| println!("{name}"));
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.api_keys_file.is_none() {
        std::fs::create_dir_all(&arguments.data_dir)
            .with_context(|| format!("making the data folder {}", arguments.data_dir.display()))?;
    }
    let mut file = EditedFile::open(&path)?;
    match &arguments.action {
        Action::List => {}
        Action::New { name } => {
            let key = SecretString::from(format!("{PREFIX}{}", random_key()));
            file.keys.add(name, &key).with_context(|| name.to_string())?;
            file.save()?;
            println!("{}", key.expose_secret());
            eprintln!("imgpress: {name} is in {}; its key is shown this once", path.display());
        }
        Action::Revoke { name } => {
            file.keys.revoke(name).with_context(|| name.to_string())?;
            file.save()?;
            eprintln!("imgpress: {name} is withdrawn from {}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
