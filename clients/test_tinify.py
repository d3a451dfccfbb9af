"""The official client of Tinify in Python, unchanged, against imgpress over plain HTTP."""

import io
import os
import shutil
import struct
import unittest
import urllib.request

import tinify

from service import KEY, S3, Service, photo, see_through

ORIGINAL = photo(320, 200)

# EXIF of an artist and a position.
EXIF = (
    b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02" b"\x01\x3b\0\x02\0\0\0\x04Ada\0" b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26"
    b"\0\0\0\0" b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0"
)


def point_at(service, key=KEY):
    tinify.Client.API_ENDPOINT = service.url
    tinify.key = key
    tinify.compression_count = None


class Against(unittest.TestCase):
    """Tests against one service."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.service = Service(*cls.flags)

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()

    def setUp(self):
        point_at(self.service)

    def refused(self, kind, status, words, call):
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        self.assertIs(type(error), kind)
        self.assertEqual((error.status, error.kind), (status, words), error.message)
        self.assertTrue(error.message)


class Compressing(Against):
    def test_a_file_becomes_a_smaller_file(self):
        source, target = (os.path.join(self.service.folder, name) for name in ("in.png", "out.png"))
        with open(source, "wb") as file:
            file.write(ORIGINAL)
        tinify.from_file(source).to_file(target)
        with open(target, "rb") as file:
            made = file.read()
        self.assertTrue(made.startswith(b"\x89PNG") and len(made) < len(ORIGINAL))
        with open(source, "rb") as file:
            streamed = io.BytesIO()
            tinify.from_file(file).to_file(streamed)
        self.assertEqual(streamed.getvalue(), made)

    def test_a_buffer_becomes_a_smaller_buffer_and_says_what_it_is(self):
        result = tinify.from_buffer(ORIGINAL).result()
        data = result.to_buffer()
        self.assertLess(len(data), len(ORIGINAL))
        self.assertEqual((result.width, result.height), (320, 200))
        self.assertEqual((result.size, len(result)), (len(data), len(data)))
        self.assertEqual((result.media_type, result.extension), ("image/png", "png"))
        self.assertEqual(struct.unpack(">II", data[16:24]), (320, 200))

    def test_a_result_can_be_fetched_again(self):
        source = tinify.from_buffer(ORIGINAL)
        self.assertEqual(source.to_buffer(), source.to_buffer())

    def test_every_method_of_resizing(self):
        source = tinify.from_buffer(ORIGINAL)
        for options, size in [
            ({"method": "scale", "width": 160}, (160, 100)),
            ({"method": "scale", "height": 50}, (80, 50)),
            ({"method": "fit", "width": 100, "height": 100}, (100, 63)),
            ({"method": "cover", "width": 60, "height": 90}, (60, 90)),
            ({"method": "thumb", "width": 90, "height": 60}, (90, 60)),
        ]:
            result = source.resize(**options).result()
            self.assertEqual((result.width, result.height), size, options)
            self.assertEqual(struct.unpack(">II", result.to_buffer()[16:24]), size, options)

    def test_every_type_of_conversion(self):
        source = tinify.from_buffer(ORIGINAL)
        for kind, start in [
            ("image/jpeg", b"\xff\xd8"), ("image/webp", b"RIFF"), ("image/png", b"\x89PNG"), ("image/avif", b"\0\0\0"),
        ]:
            result = source.convert(type=kind).result()
            self.assertEqual(result.media_type, kind)
            self.assertTrue(result.to_buffer().startswith(start), kind)
        either = source.convert(type=["image/webp", "image/png"]).result()
        self.assertEqual(either.extension, "webp")
        smallest = source.convert(type="*/*").result()
        self.assertLessEqual(smallest.size, either.size)

    def test_commands_are_combined(self):
        source = tinify.from_buffer(ORIGINAL)
        result = source.resize(method="cover", width=40, height=40).convert(type="image/webp").result()
        self.assertEqual((result.width, result.height, result.media_type), (40, 40, "image/webp"))

    def test_transparency_wants_a_background(self):
        source = tinify.from_buffer(see_through(60, 40)).convert(type=["image/jpeg"])
        self.refused(tinify.ClientError, 400, "JSON validation error", source.result)
        self.assertEqual(source.transform(background="#000000").result().media_type, "image/jpeg")

    def test_what_is_preserved_and_what_is_not(self):
        jpeg = tinify.from_buffer(ORIGINAL).convert(type="image/jpeg").to_buffer()
        camera = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(EXIF) + 2) + EXIF + jpeg[2:]
        source = tinify.from_buffer(camera)
        position = b"\x88\x25\0\x04\0\0\0\x01"
        for made, artist, place in [
            (source, False, False),
            (source.preserve("copyright"), True, False),
            (source.preserve("copyright", "creation"), True, False),
            (source.preserve("location"), False, True),
            (source.preserve("copyright", "location"), True, True),
            (source.preserve("copyright", "creation", "location"), True, True),
        ]:
            data = made.to_buffer()
            self.assertEqual((b"Ada" in data, position in data), (artist, place), made.commands)

    def test_what_was_compressed_is_counted(self):
        before = tinify.compression_count
        self.assertIsNone(before)
        source = tinify.from_buffer(ORIGINAL)
        count = tinify.compression_count
        self.assertGreater(count, 0)
        source.to_buffer()
        self.assertEqual(tinify.compression_count, count, "fetching is free")
        source.resize(method="scale", width=10).to_buffer()
        self.assertEqual(tinify.compression_count, count + 1)

    def test_a_key_is_validated(self):
        self.assertTrue(tinify.validate())
        self.assertIsNotNone(tinify.compression_count)

    def test_a_key_tells_of_itself(self):
        told = tinify.get_client().request("GET", f"/keys/{KEY}")
        self.assertEqual(told.headers["Paying-State"], "paid")
        self.refused(
            tinify.ClientError, 404, "Not Found", lambda: tinify.get_client().request("GET", "/keys/a-guess")
        )


class Storing(Against):
    @classmethod
    def setUpClass(cls):
        cls.s3 = S3()
        cls.flags = ("--allow-store-endpoints", f"s3={cls.s3.url}")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.s3.stop()

    def options(self, **others):
        return {
            "service": "s3", "aws_access_key_id": self.s3.key_id, "aws_secret_access_key": self.s3.secret,
            "region": "us-west-1", "path": f"{self.s3.bucket}/images/a.png", **others,
        }

    def test_what_is_stored_is_what_the_same_commands_make(self):
        source = tinify.from_buffer(ORIGINAL)
        for made in [source, source.resize(method="fit", width=100, height=100)]:
            meta = made.store(**self.options(headers={"Cache-Control": "public"}))
            result = made.result()
            self.assertEqual((meta.width, meta.height), (result.width, result.height))
            self.assertEqual(meta.location, f"{self.s3.url}/{self.s3.bucket}/images/a.png")
            with urllib.request.urlopen(meta.location) as stored:
                self.assertEqual(stored.read(), result.to_buffer())
                self.assertEqual(stored.headers["Content-Type"], "image/png")

    def test_a_wrong_secret_is_a_client_error(self):
        source = tinify.from_buffer(ORIGINAL)
        wrong = self.options(aws_secret_access_key="a-guess")
        self.refused(tinify.ClientError, 400, "Store failed", lambda: source.store(**wrong))


class Failing(Against):
    def test_a_wrong_key_is_an_account_error(self):
        point_at(self.service, "a-guess")
        self.refused(tinify.AccountError, 401, "Unauthorized", tinify.validate)
        self.refused(tinify.AccountError, 401, "Unauthorized", lambda: tinify.from_buffer(ORIGINAL))

    def test_what_the_client_did_wrong_is_a_client_error(self):
        source = tinify.from_buffer(ORIGINAL)
        self.refused(tinify.ClientError, 415, "Unsupported media type", lambda: tinify.from_buffer(b"no image"))
        self.refused(tinify.ClientError, 400, "Input missing", lambda: tinify.from_buffer(b""))
        self.refused(tinify.ClientError, 422, "Unprocessable Entity", lambda: tinify.from_buffer(ORIGINAL[:900]))
        for wrong in [
            source.resize(method="fit", width=100),
            source.resize(method="crop", width=100, height=100),
            source.convert(type="image/gif"),
            source.transform(background="red"),
            source.preserve("everything"),
        ]:
            self.refused(tinify.ClientError, 400, "JSON validation error", wrong.result)
        self.refused(tinify.ClientError, 400, "JSON validation error", lambda: source.store(service="s3"))
        url = "https://images.example.com/a.png"
        self.refused(tinify.ClientError, 400, "Source not found", lambda: tinify.from_url(url))

    def test_nobody_there_is_a_connection_error(self):
        tinify.Client.API_ENDPOINT = "http://127.0.0.1:1"
        tinify.key = KEY
        with self.assertRaises(tinify.ConnectionError):
            tinify.from_buffer(ORIGINAL)


class Limited(Against):
    flags = ("--rate-limit-max", "1")

    def test_too_many_requests_are_an_account_error_and_the_key_is_still_good(self):
        self.assertTrue(tinify.validate())
        self.refused(tinify.AccountError, 429, "Too many requests", lambda: tinify.from_buffer(ORIGINAL))
        self.assertTrue(tinify.validate())


class Broken(Against):
    def test_a_fault_of_the_service_is_a_server_error(self):
        shutil.rmtree(os.path.join(self.service.folder, "data"))
        self.refused(tinify.ServerError, 500, "InternalServerError", lambda: tinify.from_buffer(ORIGINAL))


if __name__ == "__main__":
    unittest.main()
