using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Stagedoor.Http;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>The whole product in this process, on a real listener on a free loopback port and a data directory of its own.</summary>
public sealed class StagedoorApp : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _settings;
    private readonly Action<IServiceCollection>? _configure;
    private IReadOnlyList<IModule> _modules = Modules.All;
    private WebApplication _host = null!;
    private string? _blobs;

    private StagedoorApp(IEnumerable<(string Key, string Value)> settings, Action<IServiceCollection>? configure)
    {
        _settings = settings.ToDictionary(s => s.Key, s => (string?)s.Value, StringComparer.OrdinalIgnoreCase);
        _configure = configure;
    }

    /// <summary>The address, without a slash at the end.</summary>
    public string Url { get; private set; } = "";

    /// <summary>The account and keys of the first start.</summary>
    public FirstRun FirstRun { get; private set; } = null!;

    public RunningClock Clock { get; } = new();

    /// <summary>What the host has logged, as far as its settings let it.</summary>
    public LogSink Log { get; } = new();

    public string DataDirectory => Path.Combine(_folder.Path, "data");

    /// <summary>A client without credentials.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>A client that signs with the administrator's keys.</summary>
    public HttpClient Admin { get; private set; } = null!;

    /// <summary>The host's services, for what cannot be seen over HTTP.</summary>
    public IServiceProvider Services => _host.Services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a new installation.</summary>
    /// <param name="settings">Configuration keys and values, for example <c>("Images:MaxOrganizationsPerAccount", "1")</c>.</param>
    public static Task<StagedoorApp> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    /// <summary>Starts a new installation with one module more than the product has.</summary>
    public static async Task<StagedoorApp> StartWithAsync(IModule module, params (string Key, string Value)[] settings)
    {
        var app = new StagedoorApp(settings, null) { _modules = [.. Modules.All, module] };
        await app.BootAsync();
        return app;
    }

    /// <summary>The same with some services replaced, for example by those of a <see cref="DatabaseGate"/>.</summary>
    public static async Task<StagedoorApp> StartAsync(Action<IServiceCollection>? configure, params (string Key, string Value)[] settings)
    {
        var app = new StagedoorApp(settings, configure);
        await app.BootAsync();
        return app;
    }

    /// <summary>Starts another replica on the stores of <paramref name="first"/>, which its settings name; its account is theirs.</summary>
    public static Task<StagedoorApp> JoinAsync(StagedoorApp first, params (string Key, string Value)[] settings) => JoinAsync(first, null, settings);

    /// <summary>The same with some services replaced.</summary>
    public static async Task<StagedoorApp> JoinAsync(StagedoorApp first, Action<IServiceCollection>? configure, params (string Key, string Value)[] settings)
    {
        ArgumentNullException.ThrowIfNull(first);
        var app = new StagedoorApp(settings, configure) { FirstRun = first.FirstRun };

        // The folder of blobs is shared as well, unless the settings name another store.
        app._blobs = app._settings.GetValueOrDefault("Storage:Blobs") is "s3" ? null : Path.Combine(first.DataDirectory, "blobs");
        await app.BootAsync();
        return app;
    }

    /// <summary>Stops the host and starts it again on the same data, with further settings.</summary>
    public async Task RestartAsync(params (string Key, string Value)[] settings)
    {
        foreach (var (key, value) in settings)
        {
            _settings[key] = value;
        }

        await StopAsync();
        await BootAsync();
    }

    /// <summary>Stops the host, lets something happen to its data, and starts it again.</summary>
    public async Task RestartAsync(Action meanwhile)
    {
        ArgumentNullException.ThrowIfNull(meanwhile);
        await StopAsync();
        meanwhile();
        await BootAsync();
    }

    /// <summary>Breaks the module's tables from outside, wherever they are.</summary>
    public Sabotage Sabotage(string moduleName) => _settings.GetValueOrDefault("Storage:Database") is "postgresql"
        ? new(_settings["Storage:PostgreSql"]!, moduleName)
        : new(Path.Combine(DataDirectory, moduleName + ".db"));

    /// <summary>Breaks a partition of the module from outside.</summary>
    public Sabotage Sabotage(string moduleName, string partition) => new(Path.Combine(DataDirectory, moduleName, partition + ".db"));

    /// <summary>A client that signs with these keys.</summary>
    public HttpClient WithKeys(string accessKey, string secretKey) => Client(new SigningHandler(accessKey, secretKey, Clock));

    /// <summary>A client that sends this token.</summary>
    public HttpClient WithToken(string token)
    {
        var client = Client(null);
        client.DefaultRequestHeaders.Add("X-Auth-Token", token);
        return client;
    }

    /// <summary>A client that logs in as docker does with Basic: the administrator unless others are given.</summary>
    public HttpClient Registry(string? user = null, string? key = null)
    {
        var client = Client(null);
        client.DefaultRequestHeaders.Authorization = new(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user ?? FirstRun.RegistryUser}:{key ?? FirstRun.RegistryKey}")));
        return client;
    }

    /// <summary>Sends bytes as they are and reads the answer until the server closes, or the response is complete.</summary>
    /// <param name="request">The request; <c>\n</c> is sent as <c>\r\n</c>.</param>
    public async Task<RawResponse> SendRawAsync(string request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var uri = new Uri(Url);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.ReplaceLineEndings("\r\n")), Cancellation);
        var response = await RawResponse.ReadAsync(stream, Cancellation);
        if (response.Error is { } error)
        {
            Observations.Add(error);
        }

        return response;
    }

    /// <summary>A token for the administrator, scoped to the default project.</summary>
    public async Task<string> NewTokenAsync()
    {
        var body = JsonSerializer.Serialize(new
        {
            auth = new
            {
                identity = new
                {
                    methods = new[] { "password" },
                    password = new { user = new { name = FirstRun.User, password = FirstRun.Password, domain = new { name = FirstRun.Domain } } },
                },
                scope = new { project = new { name = FirstRun.Project } },
            },
        });
        using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await Anonymous.PostAsync("/v3/auth/tokens", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Clock.Dispose();
        Log.Dispose();
        _folder.Dispose();
    }

    private async Task BootAsync()
    {
        // Tests speak to the services as they are by themselves, not to the friendlier defaults of a first start.
        _settings.TryAdd("Images:AutoCreateOrganization", "false");
        foreach (var port in ListenerSettings.All)
        {
            _settings.TryAdd(port, "off");
        }

        // The test has the log in its hands; on the console only what is wrong helps.
        _settings.TryAdd("Logging:Console:LogLevel:Default", "Error");
        var settings = new ServeSettings
        {
            Data = DataDirectory,
            Urls = "http://127.0.0.1:0",
            Modules = _modules,
            Overrides = new Dictionary<string, string?>(_settings, StringComparer.OrdinalIgnoreCase),
        };
        _host = await StagedoorHost.StartAsync(settings, Configure, Cancellation);
        Url = StagedoorHost.Address(_host);
        if (Path.Combine(DataDirectory, "first-run.json") is var file && File.Exists(file))
        {
            FirstRun = JsonSerializer.Deserialize<FirstRun>(await File.ReadAllTextAsync(file, Cancellation), JsonSerializerOptions.Web)!;
        }

        Anonymous = Client(null);
        Admin = WithKeys(FirstRun.AccessKey, FirstRun.SecretKey);
    }

    private void Configure(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock)).AddSingleton<ILoggerProvider>(Log);
        if (_blobs is not null)
        {
            services.Replace(ServiceDescriptor.Singleton<IBlobStore>(new FileBlobStore(_blobs)));
        }

        _configure?.Invoke(services);
    }

    private async Task StopAsync()
    {
        Anonymous.Dispose();
        Admin.Dispose();
        await _host.StopAsync(CancellationToken.None);
        await _host.DisposeAsync();
    }

    private OutgoingClient Client(DelegatingHandler? outer)
    {
        var observing = new ObservingHandler(Services) { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false } };
        outer?.InnerHandler = observing;
        return new OutgoingClient(outer ?? observing) { BaseAddress = new(Url), Timeout = TimeSpan.FromMinutes(2) };
    }
}
