use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use imgpress_gateway::ClientPrefixes;
use imgpress_storage::{
    BaseUrl, LocalStorage, Retention, S3Storage, Storage, SupabaseConfig, SupabaseStorage, open_temp_dir,
};
use secrecy::ExposeSecret;

use crate::cli::Usage;
use crate::role::api_key::kept_secret;
use crate::role::gateway::local_url;
use crate::settings::{StorageBackend, StorageSettings, Switch};

/// Where outputs go.
pub(super) struct Store {
    pub(super) storage: Arc<dyn Storage>,
    /// Where those too large for memory wait until then.
    pub(super) spool_dir: PathBuf,
}

/// Opens the configured store, or a folder where none is.
pub(super) async fn open_store(settings: &StorageSettings, address: SocketAddr) -> anyhow::Result<Store> {
    let supabase_is_set = settings.supabase_url.is_some() && settings.supabase_key.is_some();
    let default = match &settings.s3.s3_bucket {
        _ if supabase_is_set => StorageBackend::Supabase,
        Some(_) => StorageBackend::S3,
        None => StorageBackend::Local,
    };
    let chosen = settings.storage.unwrap_or(default);
    let bounded = settings.storage_max_bytes.is_some() || settings.storage_max_age.is_some();
    if bounded && chosen != StorageBackend::Local {
        let both = "--storage-max-bytes (IMGPRESS_STORAGE_MAX_BYTES) and --storage-max-age (IMGPRESS_STORAGE_MAX_AGE)";
        return Err(
            Usage(format!("{both} are for local storage; other stores have rules of their own")).into()
        );
    }
    match chosen {
        StorageBackend::Local => open_local(settings, address).await,
        StorageBackend::Supabase => open_supabase(settings).await,
        StorageBackend::S3 => open_s3(settings).await,
    }
}

/// The folders of clients, if each is to have its own.
pub(super) fn client_prefixes(settings: &StorageSettings) -> anyhow::Result<Option<Arc<ClientPrefixes>>> {
    if settings.client_prefix == Switch::Off {
        return Ok(None);
    }
    let secret = match &settings.client_prefix_secret {
        Some(secret) if secret.expose_secret().len() < SHORTEST_SECRET => {
            return Err(Usage(format!(
                "--client-prefix-secret (IMGPRESS_CLIENT_PREFIX_SECRET): the value cannot be taken; allowed: at least \
                 {SHORTEST_SECRET} characters"
            ))
            .into());
        }
        Some(secret) => secret.clone(),
        None => kept_secret(&settings.data_dir, PREFIX_SECRET).with_context(|| unusable(settings))?,
    };
    Ok(Some(Arc::new(ClientPrefixes::new(&secret))))
}

/// The file in the data folder that keeps what the names of clients' folders are made with.
const PREFIX_SECRET: &str = "client-prefix-secret";

/// Characters that such a secret has at least: more than anybody tries out.
const SHORTEST_SECRET: usize = 16;

async fn open_local(settings: &StorageSettings, address: SocketAddr) -> anyhow::Result<Store> {
    let public_url: BaseUrl = match &settings.public_url {
        Some(url) => url.clone(),
        None => local_url(address).parse()?,
    };
    let opened = LocalStorage::open(&settings.data_dir, public_url).await;
    let retention = Retention {
        max_bytes: settings.storage_max_bytes.map(|most| most.as_u64()),
        max_age: settings.storage_max_age,
    };
    let storage = opened.with_context(|| unusable(settings))?.with_retention(retention);
    let spool_dir = storage.temp_dir().to_owned();
    Ok(Store { storage: Arc::new(storage), spool_dir })
}

async fn open_supabase(settings: &StorageSettings) -> anyhow::Result<Store> {
    let missing =
        |name| Usage(format!("storing in Supabase takes SUPABASE_URL and SUPABASE_KEY; {name} is not set"));
    let config = SupabaseConfig {
        url: settings.supabase_url.clone().ok_or_else(|| missing("SUPABASE_URL"))?,
        key: settings.supabase_key.clone().ok_or_else(|| missing("SUPABASE_KEY"))?,
        bucket: settings.supabase_bucket.clone(),
    };
    let storage =
        SupabaseStorage::new(config).map_err(|error| Usage(format!("Supabase Storage: {error}")))?;
    let spool_dir = open_temp_dir(&settings.data_dir).await.with_context(|| unusable(settings))?;
    Ok(Store { storage: Arc::new(storage), spool_dir })
}

async fn open_s3(settings: &StorageSettings) -> anyhow::Result<Store> {
    let storage = S3Storage::new(settings.s3.config()?).map_err(|error| Usage(format!("S3: {error}")))?;
    let spool_dir = open_temp_dir(&settings.data_dir).await.with_context(|| unusable(settings))?;
    Ok(Store { storage: Arc::new(storage), spool_dir })
}

fn unusable(settings: &StorageSettings) -> String {
    format!("--data-dir (IMGPRESS_DATA_DIR): {} cannot be used", settings.data_dir.display())
}
