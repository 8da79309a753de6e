using System.Buffers;
using Stagedoor.Tracing.Reading;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What answers are written to.</summary>
public sealed class AnswerBufferTests
{
    [Fact]
    public void It_grows_with_what_is_written_and_keeps_it()
    {
        var written = Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 31)).ToArray();
        var buffer = new AnswerBuffer();

        foreach (var part in written.Chunk(777))
        {
            buffer.Write(part);
        }

        Assert.Equal(written, buffer.WrittenMemory.ToArray());
        Assert.True(buffer.GetMemory(1 << 20).Length >= 1 << 20);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(int.MaxValue));
        Assert.Equal(written, buffer.WrittenMemory.ToArray());
        buffer.Release();
        buffer.Release();
        Assert.True(buffer.WrittenMemory.IsEmpty);
    }
}
