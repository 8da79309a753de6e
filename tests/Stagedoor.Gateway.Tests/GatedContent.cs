using System.Net;
using Stagedoor.Gateway.Admission;
using Xunit;

namespace Stagedoor.Gateway.Tests;

/// <summary>A body that looks, before its last byte, whether the server keeps any of it.</summary>
internal sealed class GatedContent(WaitingBodies waiting, int length) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var block = new byte[64 * 1024];
        for (var sent = 0; sent < length; sent += block.Length)
        {
            await stream.WriteAsync(block, TestContext.Current.CancellationToken);
            Assert.Equal(0, waiting.Bytes);
        }
    }

    protected override bool TryComputeLength(out long length1)
    {
        length1 = length;
        return true;
    }
}
