//! Pictures: decoding within limits, upright and grey, and the one that is shown to people.

use std::{fs::File, io::BufReader, path::Path};

use image::{
    DynamicImage, GrayImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits,
    RgbImage, codecs::jpeg::JpegEncoder, imageops, metadata::Orientation,
};

use super::frame::Frame;
use crate::{Error, paper::output::Picture};

/// Number of pixels of a picture or a page: 40 million, which is A4 at 680 dots per inch.
pub(crate) const MAX_PIXELS: u64 = 40_000_000;

/// Memory of a decoder, in bytes: that many pixels in four channels of one byte, and its buffers.
const MAX_DECODER_MEMORY: u64 = 256 << 20;

/// Longer side of a picture that is recognised, in pixels. A4 at 300 dots per inch has 3508. Larger
/// letters take longer to read, but are not read better.
const MAX_SIDE: u32 = 4200;

/// Longer side of a picture that is shown to people, in pixels.
const MAX_SHOWN_SIDE: u32 = 1600;

/// JPEG quality of the same.
const QUALITY: u8 = 70;

/// Returns the picture in a file as a person sees it, in grey.
///
/// # Errors
/// Returns an error if it is damaged, too large, or in another format than those of [`crate::Kind`].
pub(crate) fn decode(file: &Path) -> Result<GrayImage, Error> {
    let mut reader = ImageReader::new(BufReader::new(File::open(file)?)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_MEMORY);
    reader.limits(limits);
    let is_tiff = reader.format() == Some(ImageFormat::Tiff);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(too_many_pixels());
    }
    if is_tiff && has_more_pages(file)? {
        return Err(Error::Unsupported(
            "The picture has several pages. Save it as a PDF and try again.",
        ));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(refused)?;
    image.apply_orientation(orientation);
    let image = grey(image);
    Ok(reduced(&image, MAX_SIDE).unwrap_or(image))
}

/// Returns the picture in grey, on white paper where it is transparent.
fn grey(image: DynamicImage) -> GrayImage {
    if !image.color().has_alpha() {
        return image.into_luma8();
    }
    let image = image.into_luma_alpha8();
    let mut grey = GrayImage::new(image.width(), image.height());
    for (pixel, above) in grey.pixels_mut().zip(image.pixels()) {
        let [luma, alpha] = above.0.map(u16::from);
        let value = (luma * alpha + 255 * (255 - alpha)) / 255;
        pixel.0 = [u8::try_from(value).unwrap_or(u8::MAX)];
    }
    grey
}

/// Returns the picture with a longer side of `max_side`, or `None` if it has no more.
pub(crate) fn reduced(image: &GrayImage, max_side: u32) -> Option<GrayImage> {
    let (width, height) = image.dimensions();
    let longer = width.max(height);
    if longer <= max_side {
        return None;
    }
    let scaled = |side: u32| (side * max_side / longer).max(1);
    Some(imageops::thumbnail(image, scaled(width), scaled(height)))
}

/// Returns whether a TIFF file has a second page, of which a decoder says nothing. The first directory
/// ends with the offset of the next.
fn has_more_pages(file: &Path) -> Result<bool, Error> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(file)?;
    let mut header = [0; 8];
    file.read_exact(&mut header)?;
    let is_little = header[0] == b'I';
    let u16_of = |bytes: [u8; 2]| {
        if is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        }
    };
    let u32_of = |bytes: [u8; 4]| {
        if is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }
    };
    let [.., a, b, c, d] = header;
    let directory = u64::from(u32_of([a, b, c, d]));
    let mut count = [0; 2];
    file.seek(SeekFrom::Start(directory))?;
    file.read_exact(&mut count)?;
    let mut next = [0; 4];
    file.seek_relative(12 * i64::from(u16_of(count)))?;
    file.read_exact(&mut next)?;
    Ok(u32_of(next) != 0)
}

/// Returns the picture of a page as it is shown to people, with a frame around each area that could
/// not be read. Frames are in pixels of `image`.
pub(crate) fn shown(image: &GrayImage, frames: &[Frame]) -> Result<Picture, Error> {
    let small = reduced(image, MAX_SHOWN_SIDE).unwrap_or_else(|| image.clone());
    let scale = small.width() as f32 / image.width() as f32;
    let mut colour: RgbImage = DynamicImage::ImageLuma8(small).into_rgb8();
    for frame in frames {
        draw(&mut colour, frame, scale);
    }
    let mut data = Vec::new();
    JpegEncoder::new_with_quality(&mut data, QUALITY)
        .encode_image(&colour)
        .map_err(refused)?;
    Ok(Picture {
        data,
        width: colour.width(),
        height: colour.height(),
    })
}

/// Draws a red frame, three pixels wide.
fn draw(image: &mut RgbImage, frame: &Frame, scale: f32) {
    let scaled = |edge: u32, max: u32| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a pixel of a smaller picture"
        )]
        let edge = (edge as f32 * scale) as u32;
        edge.min(max.saturating_sub(1))
    };
    let (left, right) = (
        scaled(frame.left, image.width()),
        scaled(frame.right, image.width()),
    );
    let (top, bottom) = (
        scaled(frame.top, image.height()),
        scaled(frame.bottom, image.height()),
    );
    let is_edge = |at: u32, start: u32, end: u32| at < start + 3 || at + 3 > end;
    for y in top..=bottom {
        for x in left..=right {
            if is_edge(x, left, right) || is_edge(y, top, bottom) {
                image.put_pixel(x, y, image::Rgb([220, 0, 0]));
            }
        }
    }
}

/// Returns the error for a picture over [`MAX_PIXELS`].
pub(crate) fn too_many_pixels() -> Error {
    let limit = MAX_PIXELS / 1_000_000;
    Error::TooLarge(format!("a picture may have {limit} million pixels"))
}

/// Returns the error for a picture that cannot be decoded. The decoder's own message is dropped,
/// because it may quote the file.
fn refused(error: ImageError) -> Error {
    match error {
        ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::Io(error)
        }
        ImageError::Limits(_) => too_many_pixels(),
        ImageError::Unsupported(_) => Error::Unsupported(
            "This kind of picture is not supported. Save it as JPEG or PNG and try again.",
        ),
        _ => Error::Damaged("the picture cannot be decoded"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Cursor};

    use image::{ImageEncoder as _, Luma, LumaA};

    use super::*;

    fn decoded(bytes: &[u8]) -> Result<GrayImage, Error> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("picture");
        fs::write(&file, bytes).expect("written");
        decode(&file)
    }

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).expect("encoded");
        file.into_inner()
    }

    /// Returns a picture that is dark at its left edge.
    fn picture() -> DynamicImage {
        let dark_left = |x, _| Luma([if x < 8 { 10 } else { 240 }]);
        DynamicImage::ImageLuma8(GrayImage::from_fn(32, 16, dark_left))
    }

    fn jpeg(orientation: Option<u8>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, 90);
        if let Some(orientation) = orientation {
            let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
            exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
            encoder.set_exif_metadata(exif).expect("metadata");
        }
        encoder.encode_image(&picture()).expect("encoded");
        file
    }

    #[test]
    fn a_photo_is_turned_as_its_camera_says() {
        let upright = decoded(&jpeg(None)).expect("decoded");
        assert_eq!(upright.dimensions(), (32, 16));
        assert!(upright.get_pixel(2, 8).0[0] < 50);
        let turned = decoded(&jpeg(Some(6))).expect("decoded");
        assert_eq!(turned.dimensions(), (16, 32));
        // Clockwise: the left edge is at the top.
        assert!(turned.get_pixel(8, 2).0[0] < 50 && turned.get_pixel(8, 28).0[0] > 200);
    }

    #[test]
    fn all_formats_are_decoded() {
        for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP] {
            let image = decoded(&encoded(&picture(), format)).expect("decoded");
            assert_eq!(image, picture().into_luma8(), "{format:?}");
        }
    }

    #[test]
    fn paper_shines_through() {
        let ink = |x, _| {
            if x < 8 {
                LumaA([0, 255])
            } else {
                LumaA([0, 0])
            }
        };
        let image = image::GrayAlphaImage::from_fn(16, 16, ink);
        let image = decoded(&encoded(
            &DynamicImage::ImageLumaA8(image),
            ImageFormat::Png,
        ))
        .expect("decoded");
        assert_eq!(
            (image.get_pixel(4, 4).0, image.get_pixel(12, 4).0),
            ([0], [255])
        );
    }

    #[test]
    fn a_large_picture_is_refused_before_it_is_decoded() {
        let mut file = jpeg(None);
        let start = file
            .windows(2)
            .position(|marker| marker == [0xff, 0xc0])
            .expect("a frame");
        // Height and width.
        file[start + 5..start + 9].copy_from_slice(&[0xff, 0xf0, 0xff, 0xf0]);
        let error = decoded(&file).expect_err("too large").to_string();
        assert_eq!(
            error,
            "The file is too large: a picture may have 40 million pixels."
        );
    }

    #[test]
    fn a_second_page_is_not_lost() {
        let mut file = encoded(&picture(), ImageFormat::Tiff);
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
        let directory = word(4) as usize;
        let entries = usize::from(u16::from_le_bytes([file[directory], file[directory + 1]]));
        let next = directory + 2 + 12 * entries;
        assert_eq!(word(next), 0);
        file[next] = 8;
        let error = decoded(&file).expect_err("two pages").to_string();
        assert!(error.contains("several pages"), "{error}");
    }

    #[test]
    fn damaged_pictures_are_refused() {
        let file = jpeg(None);
        for bytes in [
            &file[..200],
            b"\x89PNG\r\n\x1a\n",
            b"II*\0\xff\xff\xff\xff",
            b"",
            b"GIF89a",
        ] {
            assert!(decoded(bytes).is_err());
        }
    }

    #[test]
    fn frames_are_drawn_on_a_smaller_picture() {
        let page = GrayImage::from_pixel(3200, 3200, Luma([255]));
        let frame = Frame {
            left: 400,
            top: 800,
            right: 5000,
            bottom: 1600,
        };
        let picture = shown(&page, &[frame]).expect("encoded");
        assert_eq!((picture.width, picture.height), (1600, 1600));
        let image = image::load_from_memory(&picture.data)
            .expect("a JPEG")
            .into_rgb8();
        let is_red = |x, y| {
            let [red, green, _] = image.get_pixel(x, y).0;
            red > 150 && green < 100
        };
        assert!(is_red(201, 600) && is_red(700, 401) && is_red(1598, 600));
        assert!(!is_red(700, 600) && !is_red(100, 600));
    }
}
