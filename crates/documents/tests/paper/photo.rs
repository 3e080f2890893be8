//! Pages as pictures, and what scanners and cameras do to them.

use std::{fs, io::Cursor, process::Command};

use image::{GrayImage, ImageFormat, Luma, codecs::jpeg::JpegEncoder};

use crate::pdf::{Page, pdf};

/// Returns a page as a printer prints it, at some dots per inch.
pub(crate) fn printed(page: &Page, resolution: u32) -> GrayImage {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    fs::write(&file, pdf(std::slice::from_ref(page))).unwrap();
    let output = Command::new("pdftoppm")
        .args(["-gray", "-r", &resolution.to_string()])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    image::load_from_memory_with_format(&output.stdout, ImageFormat::Pnm)
        .unwrap()
        .into_luma8()
}

/// Returns the picture as a file.
pub(crate) fn png(image: &GrayImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// Returns the picture as a file of a quality up to 100.
pub(crate) fn jpeg(image: &GrayImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode_image(image)
        .unwrap();
    file
}

/// Returns the picture of a sheet that lies turned clockwise by some degrees.
pub(crate) fn tilted(image: &GrayImage, degrees: f32) -> GrayImage {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = middle(image);
    moved(image, |x, y| {
        let (x, y) = (x - middle_x, y - middle_y);
        (
            x * cosine + y * sine + middle_x,
            y * cosine - x * sine + middle_y,
        )
    })
}

/// Returns the picture of a sheet whose upper edge is further away, so that it has 86 % of the width of
/// the lower one.
pub(crate) fn in_perspective(image: &GrayImage) -> GrayImage {
    const FAR: f32 = 0.86;
    let (middle_x, _) = middle(image);
    let height = image.height() as f32;
    moved(image, |x, y| {
        let width = FAR + (1.0 - FAR) * y / height;
        let down = (1.0 / FAR - 1.0 / width) / (1.0 / FAR - 1.0);
        ((x - middle_x) / width + middle_x, down * height)
    })
}

fn middle(image: &GrayImage) -> (f32, f32) {
    (image.width() as f32 / 2.0, image.height() as f32 / 2.0)
}

/// Returns the picture with each pixel from where `source` says, on grey ground.
fn moved(image: &GrayImage, source: impl Fn(f32, f32) -> (f32, f32)) -> GrayImage {
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let (x, y) = source(x as f32, y as f32);
        let inside = (0.0..image.width() as f32 - 1.0).contains(&x)
            && (0.0..image.height() as f32 - 1.0).contains(&y);
        if inside {
            image::imageops::interpolate_bilinear(image, x, y).unwrap()
        } else {
            Luma([250])
        }
    })
}

/// Returns the picture with the shade of a hand and a head on it, out of focus and with noise.
pub(crate) fn shaded(image: &GrayImage) -> GrayImage {
    let soft = image::imageops::blur(image, 1.2);
    let (width, height) = (soft.width() as f32, soft.height() as f32);
    let mut noise = Noise(1);
    GrayImage::from_fn(soft.width(), soft.height(), |x, y| {
        let (right, down) = (x as f32 / width, y as f32 / height);
        let edge = (right + down - 0.9) / 0.25;
        let light = 1.0 - 0.3 * right - 0.45 * edge.clamp(0.0, 1.0);
        Luma([byte(
            f32::from(soft.get_pixel(x, y).0[0]) * light + noise.next(8.0),
        )])
    })
}

/// Returns the picture as a camera takes it with too little light.
pub(crate) fn dark(image: &GrayImage) -> GrayImage {
    let mut noise = Noise(2);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        Luma([byte(
            f32::from(image.get_pixel(x, y).0[0]) * 0.25 + 12.0 + noise.next(5.0),
        )])
    })
}

fn byte(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within a byte"
    )]
    let byte = value.clamp(0.0, 255.0) as u8;
    byte
}

/// A linear congruential generator.
struct Noise(u32);

impl Noise {
    /// Returns a number between `-size` and `size`.
    fn next(&mut self, size: f32) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0) * size
    }
}
