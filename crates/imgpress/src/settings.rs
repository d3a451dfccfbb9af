//! Every setting of the services, by who needs it. Values are checked here, as they are read.

#[cfg(feature = "gateway")]
mod s3;
mod values;

use std::net::SocketAddr;
#[cfg(feature = "gateway")]
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use tracing_subscriber::filter::Targets;

pub(crate) use self::values::LogFormat;
#[cfg(feature = "engine")]
pub(crate) use self::values::Sandbox;
#[cfg(feature = "gateway")]
use self::values::byte_size_or_none;
#[cfg(feature = "engine")]
use self::values::{PixelCount, pixel_count};
#[cfg(feature = "gateway")]
pub(crate) use self::values::{StorageBackend, Switch};
use self::values::{byte_size, duration, positive_duration};

/// `imgpress serve`.
#[cfg(all(feature = "engine", feature = "gateway"))]
#[derive(Debug, Args)]
pub(crate) struct ServeSettings {
    /// Address and port to listen on.
    #[arg(long, env = "IMGPRESS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) server: ServerSettings,
    #[command(flatten)]
    pub(crate) request: RequestSettings,
    #[command(flatten)]
    pub(crate) engine: EngineSettings,
    #[command(flatten)]
    pub(crate) api: ApiSettings,
    #[command(flatten)]
    pub(crate) storage: StorageSettings,
    #[command(flatten)]
    pub(crate) tinify: TinifySettings,
    #[command(flatten)]
    pub(crate) trace: TraceSettings,
    #[command(flatten)]
    pub(crate) sharing: SharingSettings,
}

/// `imgpress gateway`.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct GatewayRoleSettings {
    /// Address and port to listen on.
    #[arg(long, env = "IMGPRESS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) engines: EnginesSettings,
    #[command(flatten)]
    pub(crate) server: ServerSettings,
    #[command(flatten)]
    pub(crate) request: RequestSettings,
    #[command(flatten)]
    pub(crate) api: ApiSettings,
    #[command(flatten)]
    pub(crate) storage: StorageSettings,
    #[command(flatten)]
    pub(crate) tinify: TinifySettings,
    #[command(flatten)]
    pub(crate) trace: TraceSettings,
    #[command(flatten)]
    pub(crate) sharing: SharingSettings,
}

/// `imgpress engine`.
#[cfg(feature = "engine")]
#[derive(Debug, Args)]
pub(crate) struct EngineRoleSettings {
    /// Address and port to listen on.
    #[arg(long, env = "IMGPRESS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,
    /// Whether to give up files, outgoing connections and new processes.
    #[arg(long, env = "IMGPRESS_SANDBOX", value_name = "WHEN", default_value = "auto")]
    pub(crate) sandbox: Sandbox,
    #[command(flatten)]
    pub(crate) server: ServerSettings,
    #[command(flatten)]
    pub(crate) request: RequestSettings,
    #[command(flatten)]
    pub(crate) engine: EngineSettings,
}

/// What every service needs.
#[derive(Debug, Args)]
pub(crate) struct ServerSettings {
    /// Address of its own for /metrics; the public port then answers 404 for it.
    #[arg(long, env = "IMGPRESS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Connections at once; who comes on top of them is told so.
    #[arg(long, env = "IMGPRESS_MAX_CONNECTIONS", value_name = "COUNT", default_value = "2048")]
    pub(crate) max_connections: std::num::NonZeroUsize,
    /// How long a request's header may take to arrive.
    #[arg(long, env = "IMGPRESS_HEADER_TIMEOUT", value_name = "DURATION", default_value = "5s", value_parser = positive_duration)]
    pub(crate) header_timeout: Duration,
    /// How long a connection may wait for its next request.
    #[arg(long, env = "IMGPRESS_IDLE_TIMEOUT", value_name = "DURATION", default_value = "1m", value_parser = positive_duration)]
    pub(crate) idle_timeout: Duration,
    /// How long work in flight may take to end after SIGTERM.
    #[arg(long, env = "IMGPRESS_SHUTDOWN_GRACE", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) shutdown_grace: Duration,
    /// How logs look [default: pretty on a terminal, else json].
    #[arg(long, env = "IMGPRESS_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged, as target=level with commas.
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info")]
    pub(crate) rust_log: Targets,
}

/// What a request may cost, wherever it is handled.
#[derive(Debug, Args)]
pub(crate) struct RequestSettings {
    /// The largest upload.
    #[arg(long, env = "IMGPRESS_MAX_UPLOAD_BYTES", value_name = "BYTES", default_value = "50 MiB", value_parser = byte_size)]
    pub(crate) max_upload_bytes: ByteSize,
    /// How long a request may take, once its upload has ended.
    #[arg(long, env = "IMGPRESS_REQUEST_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = positive_duration)]
    pub(crate) request_timeout: Duration,
}

/// What the engine may use.
#[cfg(feature = "engine")]
#[derive(Debug, Args)]
pub(crate) struct EngineSettings {
    /// The most pixels of an image.
    #[arg(long, env = "IMGPRESS_MAX_PIXELS", value_name = "PIXELS", default_value = "50 MP", value_parser = pixel_count)]
    pub(crate) max_pixels: PixelCount,
    /// The longest side of an image, in pixels.
    #[arg(long, env = "IMGPRESS_MAX_SIDE", value_name = "PIXELS", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_side: u32,
    /// The most frames of an animation that stays one.
    #[arg(long, env = "IMGPRESS_MAX_FRAMES", value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_frames: u32,
    /// The most pixels of all frames of such an animation together.
    #[arg(long, env = "IMGPRESS_MAX_FRAME_PIXELS", value_name = "PIXELS", default_value = "150 MP", value_parser = pixel_count)]
    pub(crate) max_frame_pixels: PixelCount,
    /// The most memory that one image may need.
    #[arg(long, env = "IMGPRESS_MAX_IMAGE_MEMORY", value_name = "BYTES", default_value = "500 MB", value_parser = byte_size)]
    pub(crate) max_image_memory: ByteSize,
    /// Which outputs are decoded again before they are given out: off, auto or always.
    #[arg(long, env = "IMGPRESS_VERIFY", value_name = "WHICH", default_value_t)]
    pub(crate) verify: imgpress_codec::Verify,
    /// Images compressed at once [default: the cores that this process may use].
    #[arg(long, env = "IMGPRESS_WORKERS", value_name = "COUNT")]
    pub(crate) workers: Option<std::num::NonZeroUsize>,
    /// Memory for all images at once [default: a share of what this process may use].
    #[arg(long, env = "IMGPRESS_MEMORY_BUDGET", value_name = "BYTES", value_parser = byte_size)]
    pub(crate) memory_budget: Option<ByteSize>,
    /// Requests that may wait [default: a small multiple of the workers].
    #[arg(long, env = "IMGPRESS_QUEUE", value_name = "COUNT")]
    pub(crate) queue: Option<usize>,
    /// How long a request may wait.
    #[arg(long, env = "IMGPRESS_QUEUE_TIMEOUT", value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    pub(crate) queue_timeout: Duration,
}

/// Where the engines are, and what a gateway holds for them.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct EnginesSettings {
    /// The engines' base URLs, with commas; a name stands for all its addresses.
    #[arg(long, env = "IMGPRESS_ENGINE_URL", value_name = "URL")]
    pub(crate) engine_url: imgpress_engine_api::remote::EngineUrls,
    /// A file of certificates, in PEM, that vouch for engines at https [default: those of the system].
    #[arg(long, env = "IMGPRESS_ENGINE_CA_FILE", value_name = "FILE")]
    pub(crate) engine_ca_file: Option<PathBuf>,
    /// Requests that one engine may have of this gateway at once; more are refused.
    #[arg(long, env = "IMGPRESS_ENGINE_IN_FLIGHT", value_name = "COUNT", default_value = "1024")]
    pub(crate) engine_in_flight: std::num::NonZeroUsize,
    /// How often names of engines are looked up.
    #[arg(long, env = "IMGPRESS_ENGINE_RESOLVE_INTERVAL", value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    pub(crate) engine_resolve_interval: Duration,
    /// The largest upload that is kept for another engine while one has it; 0 keeps none.
    #[arg(long, env = "IMGPRESS_REPLAY_BYTES", value_name = "BYTES", default_value = "8 MiB", value_parser = byte_size_or_none)]
    pub(crate) replay_bytes: ByteSize,
    /// Memory for all that is kept so.
    #[arg(long, env = "IMGPRESS_REPLAY_MEMORY", value_name = "BYTES", default_value = "64 MiB", value_parser = byte_size_or_none)]
    pub(crate) replay_memory: ByteSize,
}

/// Who may use the public API, and how much.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct ApiSettings {
    /// API keys as name=key,name=key.
    #[arg(long, env = "IMGPRESS_API_KEYS", value_name = "KEYS", hide_env_values = true)]
    pub(crate) api_keys: Option<secrecy::SecretString>,
    /// A file of API keys, one name:sha256-hex a line; read again when it changes [default: api-keys in the data
    /// folder].
    #[arg(long, env = "IMGPRESS_API_KEYS_FILE", value_name = "FILE")]
    pub(crate) api_keys_file: Option<PathBuf>,
    /// Requests that a client address may make in a window.
    #[arg(long, env = "IMGPRESS_RATE_LIMIT_MAX", value_name = "COUNT", default_value = "100")]
    pub(crate) rate_limit_max: std::num::NonZeroU32,
    /// How long a window is.
    #[arg(long, env = "IMGPRESS_RATE_LIMIT_WINDOW", value_name = "DURATION", default_value = "1m", value_parser = positive_duration)]
    pub(crate) rate_limit_window: Duration,
    /// Wrong API keys that a client address may try in a minute before it is refused unheard.
    #[arg(long, env = "IMGPRESS_WRONG_KEYS_MAX", value_name = "COUNT", default_value = "20")]
    pub(crate) wrong_keys_max: std::num::NonZeroU32,
    /// Connections that a client address may have at once; trusted proxies have as many as there are.
    #[arg(long, env = "IMGPRESS_MAX_CONNECTIONS_PER_CLIENT", value_name = "COUNT", default_value = "256")]
    pub(crate) max_connections_per_client: std::num::NonZeroUsize,
    /// Proxies, as networks with commas, whose word on a client's address is taken.
    #[arg(long, env = "IMGPRESS_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = values::network)]
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    /// Web origins, with commas, whose pages may call the API; * for all.
    #[arg(
        long,
        env = "IMGPRESS_CORS_ORIGINS",
        value_name = "ORIGINS",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) cors_origins: imgpress_gateway::CorsOrigins,
    /// Whether / is a page on which people compress images.
    #[arg(long, env = "IMGPRESS_PAGE", value_name = "SWITCH", default_value = "on")]
    pub(crate) page: Switch,
}

/// What is remembered of requests, and shared by several gateways.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct SharingSettings {
    /// A Redis through which gateways share limits and counts: redis://, rediss:// or unix://.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) redis_url: Option<secrecy::SecretString>,
    /// How long a request waits for Redis before the gateway goes on by itself.
    #[arg(long, env = "IMGPRESS_REDIS_TIMEOUT", value_name = "DURATION", default_value = "100ms", value_parser = positive_duration)]
    pub(crate) redis_timeout: Duration,
    /// Requests with an Idempotency-Key that are remembered; 0: none.
    #[arg(long, env = "IMGPRESS_IDEMPOTENCY_KEYS", value_name = "COUNT", default_value = "10000")]
    pub(crate) idempotency_keys: usize,
    /// How long they are remembered.
    #[arg(long, env = "IMGPRESS_IDEMPOTENCY_KEEP_FOR", value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    pub(crate) idempotency_keep_for: Duration,
    /// Uploads of which is remembered what came of them, so that they are not compressed again; 0: none.
    #[arg(long, env = "IMGPRESS_RESULT_CACHE", value_name = "COUNT", default_value = "0")]
    pub(crate) result_cache: usize,
    /// How long it is remembered.
    #[arg(long, env = "IMGPRESS_RESULT_CACHE_KEEP_FOR", value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    pub(crate) result_cache_keep_for: Duration,
}

/// Where outputs go.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct StorageSettings {
    /// The store [default: supabase if its URL and key are set, s3 if its bucket is, else local].
    #[arg(long, env = "IMGPRESS_STORAGE", value_name = "STORE")]
    pub(crate) storage: Option<StorageBackend>,
    /// Folder for local storage and API keys.
    #[arg(long, env = "IMGPRESS_DATA_DIR", value_name = "FOLDER", default_value = "./data")]
    pub(crate) data_dir: PathBuf,
    /// Whether each client's pictures lie in a folder of its own, which nobody guesses.
    #[arg(long, env = "IMGPRESS_CLIENT_PREFIX", value_name = "SWITCH", default_value = "off")]
    pub(crate) client_prefix: Switch,
    /// What the folders' names are made with; gateways that share a store need the same [default: made at the first start
    /// and kept in the data folder].
    #[arg(long, env = "IMGPRESS_CLIENT_PREFIX_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub(crate) client_prefix_secret: Option<secrecy::SecretString>,
    /// The most that local storage keeps; the oldest goes first [default: everything].
    #[arg(long, env = "IMGPRESS_STORAGE_MAX_BYTES", value_name = "BYTES", value_parser = byte_size)]
    pub(crate) storage_max_bytes: Option<ByteSize>,
    /// How long local storage keeps a picture [default: for good].
    #[arg(long, env = "IMGPRESS_STORAGE_MAX_AGE", value_name = "DURATION", value_parser = positive_duration)]
    pub(crate) storage_max_age: Option<Duration>,
    /// Base of the URLs that local storage returns [default: http:// and the listen address].
    #[arg(long, env = "IMGPRESS_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<imgpress_storage::BaseUrl>,
    /// The Supabase project's URL.
    #[arg(long, env = "SUPABASE_URL", value_name = "URL")]
    pub(crate) supabase_url: Option<imgpress_storage::BaseUrl>,
    /// The Supabase project's service-role or secret key.
    #[arg(long, env = "SUPABASE_KEY", value_name = "KEY", hide_env_values = true)]
    pub(crate) supabase_key: Option<secrecy::SecretString>,
    /// The Supabase bucket: public, and there already.
    #[arg(long, env = "SUPABASE_BUCKET", value_name = "BUCKET", default_value = "images")]
    pub(crate) supabase_bucket: imgpress_storage::BucketName,
    #[command(flatten)]
    pub(crate) s3: s3::S3Settings,
}

/// Who collects traces.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct TraceSettings {
    /// The base URL of a collector of traces, by OTLP over HTTP [default: none].
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub(crate) otel_exporter_otlp_endpoint: Option<imgpress_storage::BaseUrl>,
    /// What this service is called in traces.
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "NAME", default_value = "imgpress")]
    pub(crate) otel_service_name: String,
}

/// The same service for clients of TinyPNG.
#[cfg(feature = "gateway")]
#[derive(Debug, Args)]
pub(crate) struct TinifySettings {
    /// Whether clients of TinyPNG are served too, at /shrink, /output and /keys.
    #[arg(long, env = "IMGPRESS_TINIFY", value_name = "SWITCH", default_value = "on")]
    pub(crate) tinify: Switch,
    /// How long what they have sent is kept for them to fetch or to have changed.
    #[arg(long, env = "IMGPRESS_TINIFY_KEEP_FOR", value_name = "DURATION", default_value = "1h", value_parser = positive_duration)]
    pub(crate) tinify_keep_for: Duration,
    /// The most that may be kept of it; the oldest goes first.
    #[arg(long, env = "IMGPRESS_TINIFY_KEEP_BYTES", value_name = "BYTES", default_value = "1 GiB", value_parser = byte_size)]
    pub(crate) tinify_keep_bytes: ByteSize,
    /// Hosts, with commas, whose images may be named by URL; *.example.com for all below it, * for all.
    #[arg(long, env = "IMGPRESS_ALLOW_SOURCE_URLS", value_name = "HOSTS")]
    pub(crate) allow_source_urls: Option<imgpress_gateway::SourceHosts>,
    /// Endpoints, with a comma, at which they may have images stored with keys of theirs: s3=URL, where {region} may
    /// stand in the host's name, and gcs=URL.
    #[arg(long, env = "IMGPRESS_ALLOW_STORE_ENDPOINTS", value_name = "ENDPOINTS")]
    pub(crate) allow_store_endpoints: Option<imgpress_gateway::StoreEndpoints>,
}

impl ServerSettings {
    /// What connections may take, whoever they are from.
    pub(crate) fn connections(&self) -> imgpress_http::Connections {
        imgpress_http::Connections {
            most: self.max_connections.get(),
            most_per_client: usize::MAX,
            header_timeout: self.header_timeout,
            idle_timeout: self.idle_timeout,
            ..Default::default()
        }
    }
}

#[cfg(feature = "gateway")]
impl ApiSettings {
    /// What strangers' connections may take.
    pub(crate) fn connections(&self, server: &ServerSettings) -> imgpress_http::Connections {
        imgpress_http::Connections {
            most_per_client: self.max_connections_per_client.get(),
            proxies: self.trusted_proxies.clone(),
            ..server.connections()
        }
    }
}
