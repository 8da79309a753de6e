using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.ErrorCodes;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Ingest.Grpc;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Zipkin;
using Xunit;

namespace Stagedoor.Tracing.Tests.Fuzzing;

/// <summary>
/// Whatever bytes come, they are spans or are told to be none, with work and memory in proportion to them. <c>STAGEDOOR_FUZZ</c> says how many bodies of each format are
/// tried, <c>STAGEDOOR_FUZZ_FROM</c> with which number they begin.
/// </summary>
public sealed class FuzzTests
{
    // What a refusal and an empty batch take, and what a byte of a body may.
    private const long MostAtOnce = 256 << 10;
    private const long MostPerByte = 400;

    private static readonly int s_count = Number("STAGEDOOR_FUZZ", 12_000);
    private static readonly int s_from = Number("STAGEDOOR_FUZZ_FROM", 0);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(Corpus.OtlpProtobuf))]
    [InlineData(nameof(Corpus.OtlpJson))]
    [InlineData(nameof(Corpus.ZipkinJson))]
    [InlineData(nameof(Corpus.ZipkinV1Json))]
    [InlineData(nameof(Corpus.ZipkinProtobuf))]
    [InlineData(nameof(Corpus.Thrift))]
    public void A_decoder_reads_spans_or_tells_that_they_are_none(string format)
    {
        var (valid, decode) = format switch
        {
            nameof(Corpus.OtlpProtobuf) => (Corpus.OtlpProtobuf, (SpanReception.Decode)OtlpProtobuf.Read),
            nameof(Corpus.OtlpJson) => (Corpus.OtlpJson, OtlpJson.Parse),
            nameof(Corpus.ZipkinJson) => (Corpus.ZipkinJson, ZipkinJson.Read),
            nameof(Corpus.ZipkinV1Json) => (Corpus.ZipkinV1Json, ZipkinV1Json.Read),
            nameof(Corpus.ZipkinProtobuf) => (Corpus.ZipkinProtobuf, ZipkinProtobuf.Read),
            _ => (Corpus.Thrift, ZipkinThrift.Read),
        };
        Assert.NotEmpty(decode(valid, new()).Spans);
        var (model, sender, read) = (new TraceModel(new ServiceRuleSet(Options.Create(new TracingOptions())), new CodeFinder(Options.Create(new TracingOptions())), new SeenCodes()), new Sender("p", IngestBinding.None), 0);

        for (var number = s_from; number < s_from + s_count; number++)
        {
            var body = Hostile.Body(valid, number);
            var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), TimeProvider.System.GetTimestamp());
            SpanBatch? batch = null;
            try
            {
                batch = decode(body, new());
                read += batch.Spans.Count > 0 ? 1 : 0;
            }
            catch (MalformedSpansException)
            {
                // That is the other answer.
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{format} {number}", e);
            }

            var took = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(took <= MostAtOnce + (MostPerByte * body.Length), $"{format} {number}: {took} bytes for {body.Length}");
            Assert.True(TimeProvider.System.GetElapsedTime(began) < s_longest, $"{format} {number}: too long for {body.Length} bytes");
            if (batch is { Spans.Count: > 0 })
            {
                Understand(model, sender, batch, $"{format} {number}");
            }
        }

        // Else it would only be tried how they refuse.
        Assert.True(read > s_count / 50, $"{read}");
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("gzip", false)]
    [InlineData("deflate", false)]
    [InlineData("zstd", false)]
    [InlineData(null, true)]
    public async Task A_body_is_unpacked_or_refused_within_its_bounds(string? encoding, bool detectsGzip)
    {
        var budget = new ByteBudget(8 << 20);
        var limits = new BodyLimits { Packed = 64 << 10, Unpacked = 256 << 10 };
        var valid = Pack(detectsGzip ? "gzip" : encoding, [.. Corpus.OtlpProtobuf, .. new byte[100_000]]);

        for (var number = s_from; number < s_from + (s_count / 4); number++)
        {
            using var body = new MemoryStream(Hostile.Body(valid, number));
            try
            {
                using var unpacked = await UnpackedBody.ReadAsync(body, encoding, detectsGzip, limits, budget, Cancellation).AsTask().WaitAsync(s_longest, Cancellation);
                Assert.InRange(unpacked.Bytes.Count, 0, limits.Unpacked);
            }
            catch (BodyException e)
            {
                Assert.NotEqual(BodyProblem.NoRoom, e.Problem);
            }

            Assert.True(budget.Used == 0, $"{encoding} {number}: {budget.Used} bytes are not given back");
        }
    }

    [Fact]
    public async Task A_frame_of_gRPC_is_a_message_or_broken()
    {
        var valid = new byte[5 + Corpus.OtlpProtobuf.Length];
        BinaryPrimitives.WriteInt32BigEndian(valid.AsSpan(1), Corpus.OtlpProtobuf.Length);
        Corpus.OtlpProtobuf.CopyTo(valid, 5);
        var buffer = new byte[1 << 16];

        for (var number = s_from; number < s_from + s_count; number++)
        {
            var bytes = Hostile.Body(valid, number);
            using var body = new MemoryStream(bytes);
            if (await MessageStream.ReadHeaderAsync(body, Cancellation) is not { } header)
            {
                Assert.True(bytes.Length < 5 || bytes[0] > 1, $"{number}");
                continue;
            }

            await using var message = new MessageStream(body, header.Length);
            var all = 0L;
            int read;
            while ((read = await message.ReadAsync(buffer, Cancellation)) > 0)
            {
                all += read;
            }

            Assert.Equal((Math.Min(header.Length, bytes.Length - 5), header.Length > bytes.Length - 5), (all, message.IsCut));
        }
    }

    // Spans of such a body pass through all that is made of spans before they are kept.
    private static void Understand(TraceModel model, Sender sender, SpanBatch batch, string what)
    {
        try
        {
            _ = SpanText.Of(batch);
            var understood = model.Read(sender, batch, DateTimeOffset.UnixEpoch);
            model.Count(sender.Project, understood, DateTimeOffset.UnixEpoch);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(what, e);
        }
    }

    private static byte[] Pack(string? encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new ZstdSharp.CompressionStream(packed, leaveOpen: true),
            _ => new BufferedStream(packed),
        })
        {
            stream.Write(bytes);
            stream.Flush();
            return stream is BufferedStream ? packed.ToArray() : Close(stream, packed);
        }

        static byte[] Close(Stream stream, MemoryStream packed)
        {
            stream.Dispose();
            return packed.ToArray();
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : otherwise;
}
