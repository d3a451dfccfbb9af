//! The options of a request, as the document describes them.

use utoipa::IntoParams;

/// Options; each may also be a text field ahead of the image.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is described, and never made")]
pub(super) struct Options {
    /// How close to the original it looks: 1 to 100, or a look: `auto`, `auto:low`, `auto:medium`, `auto:high`, `ssim2:NN`.
    #[param(
        required = false,
        default = "80",
        pattern = "^([1-9][0-9]?|100|auto(:(low|medium|high))?|ssim2:([3-8][0-9]|9[0-5]))$"
    )]
    quality: Option<String>,
    /// How much time to spend for a smaller file of the same look.
    #[param(required = false, default = "balanced", pattern = "^(fast|balanced|max)$")]
    effort: Option<String>,
    /// The format to write: `same` as the input, or `auto` for the one with the fewest bytes.
    #[param(required = false, default = "jpeg", pattern = "^(jpeg|webp|avif|jxl|png|same|auto)$")]
    format: Option<String>,
    /// Whether it may lose something: `auto`, where that makes it smaller; `near`, for WebP of rounded values; `true`, for
    /// nothing lost.
    #[param(required = false, default = "auto", pattern = "^(auto|near|true)$")]
    lossless: Option<String>,
    /// Whether `format=auto` may choose AVIF; what `Accept` says if not given.
    #[param(required = false)]
    avif: Option<bool>,
    /// Whether `format=auto` may choose JPEG XL; what `Accept` says if not given.
    #[param(required = false)]
    jxl: Option<bool>,
    /// The box that the picture is to go into, in pixels of the picture as shown; its own size if not given.
    #[param(required = false, minimum = 1, maximum = 16384)]
    width: Option<u32>,
    /// As `width`.
    #[param(required = false, minimum = 1, maximum = 16384)]
    height: Option<u32>,
    /// How it goes into the box.
    #[param(required = false, default = "scale-down", pattern = "^(scale-down|contain|cover)$")]
    fit: Option<String>,
    /// What transparency is flattened on for a JPEG.
    #[param(required = false, default = "#ffffff", pattern = "^#[0-9a-fA-F]{6}$")]
    background: Option<String>,
    /// `srgb`: converted to sRGB. `keep`: not converted, and the profile embedded.
    #[param(required = false, default = "srgb", pattern = "^(srgb|keep)$")]
    color: Option<String>,
    /// What to keep beside the picture.
    #[param(
        required = false,
        default = "strip",
        pattern = "^(strip|keep|copyright(,creation)?(,location)?|creation(,location)?|location)$"
    )]
    metadata: Option<String>,
    /// The largest file wanted: `200000`, `200kB`, `200KiB`, `1MB`, `1MiB`.
    #[param(required = false, pattern = "^[1-9][0-9]{3,7}(B|kB|KiB)?$")]
    max_bytes: Option<String>,
    /// `true`: store it and answer JSON. `false`: answer the image's bytes.
    #[param(required = false, default = true)]
    store: Option<bool>,
}

#[cfg(test)]
mod tests {
    use imgpress_options::OptionName;
    use utoipa::IntoParams;

    use super::Options;

    #[test]
    fn every_option_is_described_and_no_other() {
        let described = Options::into_params(|| None);
        let mut names: Vec<_> = described.iter().map(|option| option.name.as_str()).collect();
        let mut options = OptionName::ALL.map(OptionName::as_str);
        names.sort_unstable();
        options.sort_unstable();
        assert_eq!(names, options);
    }
}
