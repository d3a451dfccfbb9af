use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use imgpress_storage::{
    BaseUrl, LocalStorage, S3Storage, Storage, SupabaseConfig, SupabaseStorage, open_temp_dir,
};

use crate::cli::Usage;
use crate::role::gateway::local_url;
use crate::settings::{StorageBackend, StorageSettings};

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
    match settings.storage.unwrap_or(default) {
        StorageBackend::Local => open_local(settings, address).await,
        StorageBackend::Supabase => open_supabase(settings).await,
        StorageBackend::S3 => open_s3(settings).await,
    }
}

async fn open_local(settings: &StorageSettings, address: SocketAddr) -> anyhow::Result<Store> {
    let public_url: BaseUrl = match &settings.public_url {
        Some(url) => url.clone(),
        None => local_url(address).parse()?,
    };
    let opened = LocalStorage::open(&settings.data_dir, public_url).await;
    let storage = opened.with_context(|| unusable(settings))?;
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
