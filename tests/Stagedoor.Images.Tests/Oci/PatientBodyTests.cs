using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A body may come slowly, and one that does not come at all is answered as such: each that the registry takes, on both protocols.</summary>
public sealed class PatientBodyTests
{
    private static readonly string s_digest = Installation.DigestOf([5]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PATCH", false)]
    [InlineData("PATCH", true)]
    [InlineData("PUT", false)]
    [InlineData("PUT", true)]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    [InlineData("manifest", false)]
    [InlineData("manifest", true)]
    [Provokes("SVCSTG.SWR.4000014", Status = 408)]
    public async Task A_body_that_brings_nothing_is_a_timeout(string which, bool hasLength)
    {
        await using var app = await StartAsync(version: 1, pause: 1);
        using var client = Client(app, 1);

        // A client of the framework reads no answer before it has sent its body.
        var response = await app.SendRawAsync(Raw(client, await TargetAsync(client, which), hasLength ? 5000 : null, "0123456789"));

        Assert.Equal(408, response.Status);
        Assert.Contains("the body paused for too long", response.Error!.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("manifest")]
    [Provokes("SVCSTG.SWR.4000014", Status = 408)]
    public async Task So_it_is_over_http_2(string which)
    {
        await using var app = await StartAsync(version: 2, pause: 1);
        using var client = Client(app, 2);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var request = await RequestAsync(client, which, new EndlessContent(new byte[1000], end.Token));

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        await response.ShouldFailAsync(408, "SVCSTG.SWR.4000014");
        await end.CancelAsync();
    }

    [Fact]
    public async Task What_arrived_of_a_chunk_before_the_pause_is_kept()
    {
        await using var app = await StartAsync(version: 1, pause: 1);
        using var client = Client(app, 1);
        var (method, location) = await TargetAsync(client, "PATCH");
        var content = new string('x', 60_000);
        var timedOut = await app.SendRawAsync(Raw(client, (method, location), 100_000, content));
        Assert.Equal(408, timedOut.Status);

        var received = (int)(await TwoHosts.ReceivedAsync(client, location))!;
        Assert.InRange(received, 2, 60_000);
        var whole = System.Text.Encoding.ASCII.GetBytes(content + "the rest");
        using var finished = await TwoHosts.FinishAsync(client, location, Installation.DigestOf(whole), whole[received..]);

        await Installation.ShouldBeAsync(finished, 201);
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("manifest")]
    public async Task The_server_asks_for_no_rate(string which)
    {
        var rates = new RateProbe();
        await using var app = await StartAsync(version: 1, pause: 60, rates);
        using var client = Client(app, 1);
        using var request = await RequestAsync(client, which, new ByteArrayContent([5]));

        using var response = await client.SendAsync(request, Cancellation);

        Assert.InRange((int)response.StatusCode, 200, 499);
        Assert.Null(rates.Last);
    }

    private static Task<StagedoorApp> StartAsync(int version, int pause, IStartupFilter? filter = null) => StagedoorApp.StartAsync(
        services =>
        {
            if (version == 2)
            {
                services.Configure<KestrelServerOptions>(static o => o.ConfigureEndpointDefaults(static l => l.Protocols = HttpProtocols.Http2));
            }

            if (filter is not null)
            {
                services.AddSingleton(filter);
            }
        },
        ("Modules", "images"),
        ("Gateway:PasswordIterations", "10000"),
        ("Images:AutoCreateOrganization", "true"),
        ("Images:MaxBodyPauseSeconds", $"{pause}"));

    private static HttpClient Client(StagedoorApp app, int version)
    {
        var client = app.Registry();
        client.DefaultRequestVersion = new(version, version == 1 ? 1 : 0);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    private static async Task<(HttpMethod Method, string Target)> TargetAsync(HttpClient client, string which)
    {
        using var begun = await client.PostAsync("/v2/slow/app/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        var location = begun.Headers.Location!.OriginalString;
        return which switch
        {
            "PATCH" => (HttpMethod.Patch, location),
            "PUT" => (HttpMethod.Put, $"{location}?digest={s_digest}"),
            "POST" => (HttpMethod.Post, $"/v2/slow/app/blobs/uploads/?digest={s_digest}"),
            _ => (HttpMethod.Put, "/v2/slow/app/manifests/v1"),
        };
    }

    private static async Task<HttpRequestMessage> RequestAsync(HttpClient client, string which, HttpContent body)
    {
        var (method, target) = await TargetAsync(client, which);
        body.Headers.ContentType = new(Installation.Manifest);
        return new(method, target) { Content = body, Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
    }

    // A request whose body begins, and does not go on.
    private static string Raw(HttpClient client, (HttpMethod Method, string Target) to, int? length, string begin) =>
        $"{to.Method} {to.Target} HTTP/1.1\nHost: test\nAuthorization: {client.DefaultRequestHeaders.Authorization}\nContent-Type: {Installation.Manifest}\n"
        + (length is null ? $"Transfer-Encoding: chunked\n\n{begin.Length:x}\n{begin}\n" : $"Content-Length: {length}\n\n{begin}");

    /// <summary>Sees which rate the server asked for in the last request.</summary>
    private sealed class RateProbe : IStartupFilter
    {
        public MinDataRate? Last { get; private set; }

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, following) =>
            {
                await following(context);
                Last = context.Features.Get<IHttpMinRequestBodyDataRateFeature>()!.MinDataRate;
            });
            next(app);
        };
    }
}
