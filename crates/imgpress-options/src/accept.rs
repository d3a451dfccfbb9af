use crate::ImageFormat;

/// Whether the value of a request's `Accept` header (RFC 9110, section 12.5.1) names a format, and not with a weight of 0.
///
/// A range like `image/*` or `*/*` does not: every client sends that, and who sends a picture is not who looks at it.
#[must_use]
pub fn accepts(accept: &str, format: ImageFormat) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let names = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(format.content_type()));
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>())
        });
        // A weight that is none is no refusal.
        names && !matches!(weight, Some(Ok(weight)) if weight <= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_has_to_be_named() {
        for accept in
            ["image/avif", "image/webp, image/avif", "IMAGE/AVIF;q=0.5", "text/html,image/avif; q=1 , */*"]
        {
            assert!(accepts(accept, ImageFormat::Avif), "{accept}");
            assert!(accepts(&accept.to_lowercase().replace("avif", "jxl"), ImageFormat::Jxl), "{accept}");
        }
        for accept in
            ["", "*/*", "image/*", "image/avif;q=0", "image/avif-sequence", "image/webp;a=image/avif"]
        {
            assert!(!accepts(accept, ImageFormat::Avif), "{accept}");
        }
        assert!(!accepts("image/avif", ImageFormat::Jxl));
    }
}
