using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Identity;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests;

/// <summary>The pipeline on a real listener, with a directory that a test controls and routes of every kind behind it.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It is disposed asynchronously.")]
internal sealed class PipelineHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private PipelineHost(Dictionary<string, string?> settings, Action<IServiceCollection>? configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(static options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestLineSize = 64 * 1024;
            options.Limits.MaxRequestHeadersTotalSize = 256 * 1024;
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddRouting();
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<IIdentities>(Directory);
        builder.Services.AddSingleton<ICallers>(Directory);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddSingleton<IDatabaseEngine>(new SqliteEngine(_folder.Path, NullLogger.Instance));
        builder.Services.AddSingleton(new ModuleSet(Serve.Modules.All, builder.Configuration));
        builder.Services.AddStagedoorHttp(builder.Configuration);
        new GatewayModule().Add(builder.Services, builder.Configuration);
        configure?.Invoke(builder.Services);
        _app = builder.Build();
        _app.UseGateway();
        new GatewayModule().Map(_app);
        MapRoutes(_app);
    }

    public FakeDirectory Directory { get; } = new();

    public RunningClock Clock { get; } = new();

    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>Signs with the directory's key.</summary>
    public HttpClient Signed { get; private set; } = null!;

    /// <summary>Where the data is.</summary>
    public string Folder => _folder.Path;

    public IServiceProvider Services => _app.Services;

    public static Task<PipelineHost> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    /// <summary>The same with some services more.</summary>
    public static async Task<PipelineHost> StartAsync(Action<IServiceCollection>? configure, params (string Key, string Value)[] settings)
    {
        var host = new PipelineHost(settings.ToDictionary(static s => s.Key, static s => (string?)s.Value, StringComparer.Ordinal), configure);
        await MigrationRunner.RunAsync(
            host.Services.GetRequiredService<GatewayDb>(), typeof(GatewayDb).Assembly, host.Clock, TestContext.Current.CancellationToken);
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        host.Anonymous = host.Client(null);
        host.Signed = host.SignedBy(FakeDirectory.SecretKey);
        return host;
    }

    public HttpClient SignedBy(string secretKey, string accessKey = FakeDirectory.AccessKey, TimeProvider? clock = null) =>
        Client(new SigningHandler(accessKey, secretKey, clock ?? Clock));

    /// <summary>Sends text as it is, and reads until the server closes.</summary>
    /// <param name="request">The request; <c>\n</c> is sent as <c>\r\n</c>.</param>
    public async Task<string> SendRawAsync(string request)
    {
        var uri = new Uri(_app.Urls.First());
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.ReplaceLineEndings("\r\n")), TestContext.Current.CancellationToken);
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server cut the connection after its answer.
        }

        var response = Encoding.UTF8.GetString(received.ToArray());
        if (response.IndexOf('{', StringComparison.Ordinal) is var start and >= 0 && response.Length > 12)
        {
            using var message = new HttpResponseMessage((HttpStatusCode)int.Parse(response.AsSpan(9, 3), CultureInfo.InvariantCulture))
            {
                Content = new StringContent(response[start..(response.LastIndexOf('}') + 1)]),
            };
            if (await ObservedError.FindAsync(message, TestContext.Current.CancellationToken) is { } error)
            {
                Observations.Add(error);
            }
        }

        return response;
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous?.Dispose();
        Signed?.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        Clock.Dispose();
        _folder.Dispose();
    }

    private static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/open", static (HttpContext context) => $"{context.Connection.RemoteIpAddress} {context.ExternalBase()}").Authenticate(AuthMode.None);
        routes.MapGet("/who", Who).ForEveryCaller();
        routes.MapGet("/v1/{project_id}/who", Who).ForEveryCaller();
        routes.MapPost("/echo", EchoAsync).ForEveryCaller().OfService("images");
        routes.MapPost("/told", EchoAsync).ForEveryCaller().OfService("images").WithMetadata(new AcceptsMetadata(["application/json"]));
        routes.MapPost("/iam/echo", EchoAsync).ForEveryCaller().OfService("iam");
        routes.MapDelete("/v2/manage/namespaces/{organization}/repos/{repository}", static () => "repository").ForEveryCaller().OfService("images");
        routes.MapDelete("/v2/manage/namespaces/{organization}/repos/{repository}/tags/{tag}", static () => "tag").ForEveryCaller().OfService("images");
        routes.MapMethods("/any", ["GET", "POST", "PUT", "PATCH", "DELETE"], EchoAsync).ForEveryCaller().OfService("images");
        routes.MapMethods("/iam/any", ["GET", "POST", "PUT", "PATCH", "DELETE"], EchoAsync).ForEveryCaller().OfService("iam");
        routes.MapPut("/big", EchoAsync).ForEveryCaller().LimitBody(null);
        routes.MapPost("/named", EchoAsync).ForEveryCaller().LimitBody(10).BadRequestAs(ImagesCodes.InvalidParameter, ImagesCodes.FileTooLarge);
        routes.MapGet("/guarded", Who).Action("apm:ats:get");
        routes.MapGet("/images", Who).Action("swr:namespace:listNamespaces");
        routes.MapGet("/pass", static (CallerSlot slot) => $"{slot.Caller?.UserName ?? "nobody"}|{slot.Refusal}").Authenticate(AuthMode.Passthrough);
        routes.MapPut("/pass", static (CallerSlot slot) => $"{slot.Caller?.UserName ?? "nobody"}|{slot.Refusal}").Authenticate(AuthMode.Passthrough).LimitBody(null);
        routes.MapPost("/pass", EchoAsync).Authenticate(AuthMode.Passthrough).LimitBody(null);
        routes.MapGet("/oci", static () => "ok").Authenticate(AuthMode.Passthrough).ErrorsIn(Envelope.Oci);
        routes.MapGet("/v2/manage/{**rest}", static (HttpContext context) => context.Request.Path.Value!).Authenticate(AuthMode.None);
        routes.MapGet("/paths/{**rest}", static (HttpContext context) => context.Request.Path.Value!).Authenticate(AuthMode.None);
        routes.MapGet("/fault", string (HttpContext context) =>
        {
            context.Response.Headers.ETag = "\"x\"";
            throw new InvalidOperationException("never mind");
        }).Authenticate(AuthMode.None);
        routes.MapDelete("/things/{name}", static (string name) => TypedResults.NoContent()).ForEveryCaller().WithName("DeleteThing").OfService("images");
        routes.MapGet("/free", Who).ForEveryCaller().Unthrottled();
        routes.MapGet("/forgotten", Who);
    }

    private static string Who(Caller caller) => $"{caller.UserName} {caller.ProjectId} {caller.Method}";

    private static async Task<string> EchoAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[8192];
        var length = 0L;
        while (await request.Body.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        return $"{length} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private OutgoingClient Client(DelegatingHandler? outer)
    {
        var observing = new ObservingHandler { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false } };
        outer?.InnerHandler = observing;
        return new OutgoingClient(outer ?? observing) { BaseAddress = new(_app.Urls.First()) };
    }
}
