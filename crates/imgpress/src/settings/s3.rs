use std::time::Duration;

use clap::Args;
use imgpress_storage::{BaseUrl, S3BucketName, S3Config, S3Region, S3Urls};
use secrecy::SecretString;

use super::values::{Switch, positive_duration};
use crate::cli::Usage;

/// A bucket of any S3.
#[derive(Debug, Args)]
pub(crate) struct S3Settings {
    /// The S3 bucket: there already.
    #[arg(long, env = "IMGPRESS_S3_BUCKET", value_name = "BUCKET")]
    pub(crate) s3_bucket: Option<S3BucketName>,
    /// The S3 store's URL, without the bucket [default: that of AWS in its region].
    #[arg(long, env = "IMGPRESS_S3_ENDPOINT", value_name = "URL")]
    s3_endpoint: Option<BaseUrl>,
    /// Base of the URLs under which the public fetches what is in the bucket [default: none, URLs are signed].
    #[arg(long, env = "IMGPRESS_S3_PUBLIC_URL", value_name = "URL")]
    s3_public_url: Option<BaseUrl>,
    /// How long signed URLs are good for, a week at most; unused where there is a public URL.
    #[arg(long, env = "IMGPRESS_S3_URL_EXPIRY", value_name = "DURATION", default_value = "1h", value_parser = positive_duration)]
    s3_url_expiry: Duration,
    /// Whether the bucket is in the path of its URLs rather than ahead of the host's name.
    #[arg(long, env = "IMGPRESS_S3_PATH_STYLE", value_name = "SWITCH", default_value = "on")]
    s3_path_style: Switch,
    /// The region that requests are signed for; R2 wants auto.
    #[arg(long, env = "AWS_REGION", value_name = "REGION", default_value = "us-east-1")]
    aws_region: S3Region,
    /// The id of the access key.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "ID", hide_env_values = true)]
    aws_access_key_id: Option<String>,
    /// The access key's secret.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", value_name = "KEY", hide_env_values = true)]
    aws_secret_access_key: Option<SecretString>,
    /// The token that goes with a key for a time.
    #[arg(long, env = "AWS_SESSION_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    aws_session_token: Option<SecretString>,
}

impl S3Settings {
    /// The bucket, once all is there that it takes.
    pub(crate) fn config(&self) -> Result<S3Config, Usage> {
        let missing = |name| {
            let all = "IMGPRESS_S3_BUCKET, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
            Usage(format!("storing in S3 takes {all}; {name} is not set"))
        };
        let public = self.s3_public_url.clone().map(S3Urls::Public);
        Ok(S3Config {
            endpoint: self.s3_endpoint.clone(),
            region: self.aws_region.clone(),
            bucket: self.s3_bucket.clone().ok_or_else(|| missing("IMGPRESS_S3_BUCKET"))?,
            path_style: self.s3_path_style == Switch::On,
            key_id: self.aws_access_key_id.clone().ok_or_else(|| missing("AWS_ACCESS_KEY_ID"))?,
            secret: self.aws_secret_access_key.clone().ok_or_else(|| missing("AWS_SECRET_ACCESS_KEY"))?,
            session_token: self.aws_session_token.clone(),
            urls: public.unwrap_or(S3Urls::Signed(self.s3_url_expiry)),
        })
    }
}
