use imgpress_options::Options;
use url::form_urlencoded::Serializer;

/// The options as a query. Every field is named, so that a new one cannot be left behind.
pub(super) fn of(options: Options) -> String {
    let asks_quality = options.asks_quality();
    let Options {
        quality,
        quality_given: _,
        effort,
        format,
        lossless,
        avif,
        jxl,
        background,
        width,
        height,
        fit,
        max_bytes,
        color,
        metadata,
    } = options;
    let mut query = Serializer::new(String::new());
    query
        .append_pair("effort", effort.name())
        .append_pair("format", format.name())
        .append_pair("lossless", lossless.name())
        .append_pair("avif", if avif { "true" } else { "false" })
        .append_pair("jxl", if jxl { "true" } else { "false" })
        .append_pair("background", &background.to_string())
        .append_pair("fit", fit.name())
        .append_pair("color", color.name())
        .append_pair("metadata", &metadata.to_string());
    if asks_quality {
        query.append_pair("quality", &quality.to_string());
    }
    for (name, side) in [("width", width), ("height", height)] {
        if let Some(side) = side {
            query.append_pair(name, &side.get().to_string());
        }
    }
    if let Some(size) = max_bytes {
        query.append_pair("max_bytes", &size.to_string());
    }
    query.finish()
}
