using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>One process, or two replicas on the same stores, each with a gate before its blob store.</summary>
public sealed class TwoHosts : IAsyncDisposable
{
    private readonly OwnDatabase? _database;
    private readonly TemporaryFolder _files = new();
    private StagedoorApp _first = null!;
    private StagedoorApp? _second;

    private TwoHosts(OwnDatabase? database) => _database = database;

    public BlobGate Gate { get; } = new();

    /// <summary>The requests that have come to either of them.</summary>
    public RequestCounter Requests { get; } = new();

    public BlobGate SecondGate { get; private set; } = null!;

    public HttpClient First { get; private set; } = null!;

    /// <summary>A client of the other replica; of the only process where there is one.</summary>
    public HttpClient Second { get; private set; } = null!;

    public bool AreTwo => _second is not null;

    public RunningClock Clock => _first.Clock;

    public StagedoorApp FirstApp => _first;

    public StagedoorApp SecondApp => _second ?? _first;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts them, with the organization <c>team</c>.</summary>
    /// <param name="two">Whether there are two replicas, which need PostgreSQL.</param>
    /// <param name="s3">Whether blobs are in an object store; otherwise in one folder.</param>
    /// <param name="settings">Further settings of both.</param>
    public static async Task<TwoHosts> StartAsync(bool two, bool s3, params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] common =
        [
            ("Modules", "images"),
            ("Gateway:PasswordIterations", "10000"),
            ("Gateway:RequestsPerSecond", "0"),
            ("Images:Collector:Enabled", "false"),
            ("Images:Scrubber:Enabled", "false"),
            .. s3 ? OwnBucket.NewSettings() : [],
            .. settings,
        ];
        var hosts = new TwoHosts(two ? await OwnDatabase.CreateAsync() : null);
        if (hosts._database is { } database)
        {
            common = [.. common, .. database.Settings];
        }

        // Each has a store of its own over the one folder, as two processes have that share it.
        Func<IBlobStore>? files = s3 ? null : () => new FileBlobStore(Path.Combine(hosts._files.Path, "blobs"));
        hosts._first = await StagedoorApp.StartAsync(services => hosts.Configure(services, hosts.Gate, files), common);
        hosts.First = hosts._first.Registry();
        hosts.SecondGate = hosts.Gate;
        hosts.Second = hosts.First;
        if (two)
        {
            hosts.SecondGate = new();
            hosts._second = await StagedoorApp.JoinAsync(hosts._first, services => hosts.Configure(services, hosts.SecondGate, files), common);
            hosts.Second = hosts._second.Registry(hosts._first.FirstRun.RegistryUser, hosts._first.FirstRun.RegistryKey);
        }

        using var made = await hosts._first.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        return hosts;
    }

    /// <summary>Changes rows of the images behind the server's back; only where there are two replicas.</summary>
    public Task<IReadOnlyList<string>> ExecuteAsync(string sql) => _database!.QueryAsync($"SET search_path TO images; {sql}");

    /// <inheritdoc cref="OwnDatabase.HasWaitersAsync"/>
    public Task<bool> HasWaitersAsync(bool withLocks = false) => _database!.HasWaitersAsync(withLocks);

    public async Task<string> BeginAsync(string name)
    {
        using var begun = await First.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        return begun.Headers.Location!.OriginalString;
    }

    /// <summary>Pushes a blob in one request.</summary>
    public static async Task<HttpResponseMessage> PushAsync(HttpClient client, string name, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(client);
        using var body = Installation.Octets(content);
        return await client.PostAsync($"/v2/{name}/blobs/uploads/?digest={Installation.DigestOf(content)}", body, Cancellation);
    }

    public static Task<HttpResponseMessage> AppendAsync(HttpClient client, string location, byte[] content) =>
        SendAsync(client, HttpMethod.Patch, location, content);

    public static Task<HttpResponseMessage> FinishAsync(HttpClient client, string location, string digest, byte[]? content = null) =>
        SendAsync(client, HttpMethod.Put, $"{location}?digest={digest}", content ?? []);

    /// <summary>How much the upload is said to hold; null when there is none.</summary>
    public static async Task<long?> ReceivedAsync(HttpClient client, string location)
    {
        using var status = await client.GetAsync(location, Cancellation);
        if ((int)status.StatusCode == 404)
        {
            return null;
        }

        await Installation.ShouldBeAsync(status, 204);
        return long.Parse(status.Headers.GetValues("Range").Single().Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) + 1;
    }

    public async ValueTask DisposeAsync()
    {
        First.Dispose();
        if (_second is not null)
        {
            Second.Dispose();
            await _second.DisposeAsync();
        }

        await _first.DisposeAsync();
        _files.Dispose();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private void Configure(IServiceCollection services, BlobGate gate, Func<IBlobStore>? files)
    {
        gate.Install(services, files);
        services.AddSingleton<IStartupFilter>(Requests);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string target, byte[] content)
    {
        using var request = new HttpRequestMessage(method, target) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await client.SendAsync(request, Cancellation);
    }
}

/// <summary>Counts requests from their arrival to their end, which a client that goes away does not see.</summary>
public sealed class RequestCounter : IStartupFilter
{
    private int _arrived;
    private int _ended;

    public int Arrived => Volatile.Read(ref _arrived);

    public int Running => Volatile.Read(ref _arrived) - Volatile.Read(ref _ended);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, following) =>
        {
            Interlocked.Increment(ref _arrived);
            try
            {
                await following(context);
            }
            finally
            {
                Interlocked.Increment(ref _ended);
            }
        });
        next(app);
    };
}
