using System.IO.Compression;
using System.Security.Cryptography;
using Stagedoor.Tracing.Bodies;
using Xunit;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Stagedoor.Tracing.Tests.Bodies;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class UnpackedBodyTests
{
    private const long Plenty = 1L << 30;

    public static TheoryData<string, int> Sizes => new(
        new[] { "", "identity", "gzip", "GZIP", "deflate", "zlib", "zstd" }.SelectMany(static _ => new[] { 0, 1, 65_535, 65_536, 65_537, 400_000, 3_000_001 }, static (encoding, size) => (encoding, size)));

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_body_of_any_size_is_read(string encoding, int size)
    {
        var content = Content(size);
        var budget = new ByteBudget(Plenty);
        using (var body = await ReadAsync(Pack(encoding, content), encoding, new() { Packed = 8 << 20, Unpacked = 8 << 20 }, budget))
        {
            Assert.True(body.Bytes.AsSpan().SequenceEqual(content));
            Assert.Equal(body.Bytes.Array!.Length, budget.Used);
        }

        Assert.Equal(0, budget.Used);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task What_is_longer_unpacked_than_is_taken_is_refused(string encoding)
    {
        var limits = new BodyLimits { Unpacked = 100_000, Packed = 200_000 };
        var budget = new ByteBudget(Plenty);
        using (var body = await ReadAsync(Pack(encoding, Content(100_000)), encoding, limits, budget))
        {
            Assert.Equal(100_000, body.Bytes.Count);
        }

        await AssertRefusedAsync(BodyProblem.TooLarge, Pack(encoding, Content(100_001)), encoding, limits, budget);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task What_is_longer_packed_than_is_taken_is_refused(string encoding)
    {
        var packed = Pack(encoding, Content(1000));
        using (var body = await ReadAsync(packed, encoding, new() { Packed = packed.Length }, new(Plenty)))
        {
            Assert.Equal(1000, body.Bytes.Count);
        }

        await AssertRefusedAsync(BodyProblem.TooLarge, packed, encoding, new() { Packed = packed.Length - 1 });
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task One_that_is_cut_off_anywhere_is_refused(string encoding)
    {
        var packed = Pack(encoding, Content(3000));
        for (var length = 1; length < packed.Length; length++)
        {
            await AssertRefusedAsync(BodyProblem.Damaged, packed[..length], encoding);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task What_stands_behind_it_is_refused(string encoding)
    {
        var packed = Pack(encoding, Content(3000));
        for (var length = 1; length < 40; length++)
        {
            var behind = RandomNumberGenerator.GetBytes(length);
            behind[^1] |= 1;
            await AssertRefusedAsync(BodyProblem.Damaged, [.. packed, .. behind], encoding);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Parts_that_follow_each_other_are_one_body(string encoding)
    {
        byte[][] parts = [Content(70_000), [], Content(10), Content(300)];
        byte[] packed = [.. parts.SelectMany(p => Pack(encoding, p))];
        using (var body = await ReadAsync(packed, encoding))
        {
            Assert.True(body.Bytes.AsSpan().SequenceEqual(parts.SelectMany(static p => p).ToArray()));
        }

        // Also where only the beginning of the next part is there.
        var first = Pack(encoding, parts[0]).Length + Pack(encoding, parts[1]).Length + Pack(encoding, parts[2]).Length;
        for (var length = first + 1; length < packed.Length; length++)
        {
            await AssertRefusedAsync(BodyProblem.Damaged, packed[..length], encoding);
        }
    }

    [Theory]
    [InlineData("gzip", 10)]
    [InlineData("deflate", 0)]
    [InlineData("zstd", 0)]
    public async Task One_that_was_changed_is_refused_or_the_same(string encoding, int header)
    {
        var content = Content(2000);
        var packed = Pack(encoding, content);
        for (var at = header; at < packed.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = (byte[])packed.Clone();
                changed[at] ^= (byte)(1 << bit);
                try
                {
                    using var body = await ReadAsync(changed, encoding, new() { Unpacked = 1 << 20 });
                    Assert.True(body.Bytes.AsSpan().SequenceEqual(content));
                }
                catch (BodyException)
                {
                    // That is the other answer.
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task Any_bytes_are_read_or_refused(string encoding)
    {
        var random = new Random(5);
        var budget = new ByteBudget(Plenty);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(1, 100)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                var begin = Pack(encoding, Content(50));
                begin.AsSpan(0, random.Next(Math.Min(bytes.Length, begin.Length))).CopyTo(bytes);
            }

            try
            {
                (await ReadAsync(bytes, encoding, budget: budget)).Dispose();
            }
            catch (BodyException)
            {
                // That is the other answer.
            }
        }

        Assert.Equal(0, budget.Used);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip, gzip")]
    [InlineData("snappy")]
    [InlineData("x-snappy-framed")]
    [InlineData("lz4")]
    [InlineData("compress")]
    public async Task Another_encoding_is_refused_and_the_message_names_those_that_are_taken(string encoding)
    {
        var e = await AssertRefusedAsync(BodyProblem.UnknownEncoding, [1], encoding);

        Assert.Contains("gzip, zstd", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true, true)]
    [InlineData("identity", true, true)]
    [InlineData(null, false, false)]
    public async Task One_that_begins_as_gzip_does_is_unpacked_where_that_is_wanted(string? encoding, bool detects, bool isUnpacked)
    {
        var packed = Pack("gzip", Content(100));
        using var body = await UnpackedBody.ReadAsync(new MemoryStream(packed), encoding, detects, new(), new(Plenty), TestContext.Current.CancellationToken);
        using var single = await UnpackedBody.ReadAsync(new MemoryStream([0x1F]), encoding, detects, new(), new(Plenty), TestContext.Current.CancellationToken);

        Assert.True(body.Bytes.AsSpan().SequenceEqual(isUnpacked ? Content(100) : packed));
        Assert.Equal<byte>([0x1F], single.Bytes);
    }

    /// <summary>10 MB, of which 10 GB would come.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_bomb_is_refused_before_it_takes_more_than_the_limit(string encoding)
    {
        var bomb = new RepeatedStream(Pack(encoding, new byte[1 << 20]), 10_000);
        var limits = new BodyLimits { Unpacked = 16 << 20 };
        var budget = new ByteBudget(limits.Unpacked + (1 << 20));
        var before = GC.GetAllocatedBytesForCurrentThread();

        // Its stream answers at once, so that all of this happens on one thread.
        var task = UnpackedBody.ReadAsync(bomb, encoding, false, limits, budget, TestContext.Current.CancellationToken);

        Assert.True(task.IsFaulted);
        Assert.Equal(BodyProblem.TooLarge, Assert.IsType<BodyException>(task.AsTask().Exception!.InnerException).Problem);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, limits.Unpacked + (2 << 20));
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task A_frame_that_asks_for_a_larger_window_than_HTTP_has_is_refused()
    {
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0, 13 << 3, 1, 0, 0];
        (await ReadAsync(frame, "zstd")).Dispose();

        frame[5] = 14 << 3;
        await AssertRefusedAsync(BodyProblem.Damaged, frame, "zstd");
    }

    [Fact]
    public async Task What_all_requests_hold_has_a_limit()
    {
        var budget = new ByteBudget(300_000);
        var first = await ReadAsync(Content(100_000), "", budget: budget);
        await AssertRefusedAsync(BodyProblem.NoRoom, Content(200_000), "", budget: budget, held: budget.Used);

        first.Dispose();
        first.Dispose();
        Assert.Equal((0, 0), (budget.Used, first.Bytes.Count));
        (await ReadAsync(Content(100_000), "", budget: budget)).Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task What_a_body_held_is_given_back_when_its_sender_goes_away(string encoding)
    {
        var budget = new ByteBudget(Plenty);
        await Assert.ThrowsAsync<IOException>(async () => await UnpackedBody.ReadAsync(new RepeatedStream(Pack(encoding, Content(500_000))[..200_000], 1, fails: true), encoding, false, new(), budget, TestContext.Current.CancellationToken));

        Assert.Equal(0, budget.Used);
    }

    [Theory]
    [InlineData("", 1U, 0U)]
    [InlineData("Wikipedia", 0x11E60398U, 0xADAAC02EU)]
    [InlineData("123456789", 0x091E01DEU, 0xCBF43926U)]
    public void Checksums_are_those_of_the_formats(string text, uint adler, uint crc)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);

        Assert.Equal((adler, crc), (Checksums.Adler32(bytes), Checksums.Crc32(bytes)));
    }

    private static async Task<UnpackedBody> ReadAsync(byte[] bytes, string encoding, BodyLimits? limits = null, ByteBudget? budget = null) =>
        await UnpackedBody.ReadAsync(new MemoryStream(bytes), encoding, false, limits ?? new(), budget ?? new(Plenty), TestContext.Current.CancellationToken);

    private static async Task<BodyException> AssertRefusedAsync(BodyProblem problem, byte[] bytes, string encoding, BodyLimits? limits = null, ByteBudget? budget = null, long held = 0)
    {
        budget ??= new(Plenty);
        var e = await Assert.ThrowsAsync<BodyException>(() => ReadAsync(bytes, encoding, limits, budget));
        Assert.Equal((problem, held), (e.Problem, budget.Used));
        return e;
    }

    // Half of it is hard to pack.
    private static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes.AsSpan(length / 2));
        return bytes;
    }

    private static byte[] Pack(string encoding, byte[] content)
    {
        if (encoding is "" or "identity")
        {
            return content;
        }

        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "zstd" => WithChecksum(new CompressionStream(packed, leaveOpen: true)),
            "deflate" or "zlib" => new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true),
            _ => new GZipStream(packed, CompressionMode.Compress, leaveOpen: true),
        })
        {
            packer.Write(content);
        }

        return packed.ToArray();
    }

    private static CompressionStream WithChecksum(CompressionStream packer)
    {
        packer.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return packer;
    }

    /// <summary>The same bytes many times over, and then its end or a broken connection.</summary>
    private sealed class RepeatedStream(byte[] bytes, int times, bool fails = false) : MemoryStream(bytes, writable: false)
    {
        private int _left = times;

        public override int Read(Span<byte> buffer)
        {
            if (Position == Length && --_left > 0)
            {
                Position = 0;
            }

            return Position == Length && fails ? throw new IOException("broken") : base.Read(buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
