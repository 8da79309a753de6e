using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Stagedoor.Tracing.Ingest;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>A server that has room for one large request at a time.</summary>
public sealed class RoomTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:MaxBytes", "1048576"), ("Tracing:MaxBytesInFlight", "1048576")];

    [Theory]
    [InlineData("/v1/traces", "application/x-protobuf")]
    [InlineData("/v1/traces", "application/json")]
    [InlineData("/api/v2/spans", "application/json")]
    [Provokes("SVCSTG.ATS.503001")]
    public async Task What_has_no_room_is_refused_for_now_and_taken_when_there_is(string path, string mediaType)
    {
        var uri = new Uri(App.Url);
        using var slow = new TcpClient();
        await slow.ConnectAsync(uri.Host, uri.Port, Cancellation);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/traces HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000000\r\n\r\n"), Cancellation);
        await stream.WriteAsync(new byte[800_000], Cancellation);
        var budget = App.Services.GetRequiredService<SpanReception>().Budget;
        await Eventually.TrueAsync("most of the room taken", TimeSpan.FromSeconds(20), () => Task.FromResult(budget.Used > 700_000));

        using var refused = await ExportAsync(new byte[600_000], mediaType, path: path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("SVCSTG.ATS.503001", refused.Headers.GetValues("X-Stagedoor-Error-Code").Single());
        Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 1, 5);
        slow.Close();
        await Eventually.TrueAsync("the room given back", TimeSpan.FromSeconds(20), () => Task.FromResult(budget.Used == 0));
        using var taken = await ExportAsync(Of("cart", Span(1, 1)));
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }
}
