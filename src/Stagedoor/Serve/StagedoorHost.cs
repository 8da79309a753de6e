using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Stagedoor.Backup;
using Stagedoor.Gateway;
using Stagedoor.Http;
using Stagedoor.Iam;
using Stagedoor.Operations;
using Stagedoor.Storage;

namespace Stagedoor.Serve;

/// <summary>Composes the services into one process, starts it and says so.</summary>
public static class StagedoorHost
{
    // Above the gateway's own limits, so that its coded answers come first.
    private const int MaxRequestLine = 96 * 1024;
    private const int MaxRequestHeaders = 512 * 1024;
    private const int MaxHeaderCount = 1_000;

    // Two pieces of a blob: one is read from the disk while the other is on its way.
    private const int ResponseBuffer = 1024 * 1024;

    private const int MaxQueuedLines = 10_000;
    /// <summary>Serves until told to stop.</summary>
    /// <returns>Whether it was told to; false when it ended by itself.</returns>
    /// <exception cref="StartupException">It cannot start; the message says why.</exception>
    public static async Task<bool> RunAsync(ServeSettings settings, CancellationToken cancellationToken)
    {
        await using var app = await StartAsync(settings, static _ => { }, cancellationToken);
        var run = app.Services.GetRequiredService<FirstStart>();
        await Console.Out.WriteLineAsync(Banner.Text(
            Shown(app),
            app.Services.GetRequiredService<BoundListeners>().Others,
            run.Made,
            run.KeysFile,
            app.Configuration["Tls:Certificate"],
            isTerminal: !Console.IsOutputRedirected || app.Services.GetRequiredService<IOptions<ServerOptions>>().Value.ShowKeys));
        await app.WaitForShutdownAsync(cancellationToken);
        return cancellationToken.IsCancellationRequested;
    }

    /// <summary>Starts a host that serves when the task completes.</summary>
    /// <param name="settings">The command line.</param>
    /// <param name="configure">Replaces services; tests set the clock.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="StartupException">It cannot start; the message says why.</exception>
    public static async Task<WebApplication> StartAsync(
        ServeSettings settings, Action<IServiceCollection> configure, CancellationToken cancellationToken)
    {
        WebApplication? app = null;
        try
        {
            // Mapping the routes reads the settings already, so that wrong ones show here.
            app = Build(settings, configure);
            var manager = app.Services.GetRequiredService<ServiceManager>();
            var id = await manager.WhileAsync(PrepareAsync(app, makesAccount: true, cancellationToken), cancellationToken);
            await app.StartAsync(cancellationToken);
            await app.Services.GetRequiredService<ConnectionLimit>().SettleAsync(Address(app), cancellationToken);
            var data = app.Services.GetRequiredService<DataDirectory>();
            data.Announce(Address(app));
            app.Services.GetRequiredService<FirstStart>().Correct(Shown(app));

            // The first start has succeeded; until now the next one would have been the first again, and shown the keys.
            data.Belong(id);
            manager.Ready(Address(app), app.Lifetime);
            return app;
        }
        catch (Exception e) when (Problem(e, app) is not null)
        {
            var problem = Problem(e, app)!;
            ServiceManager.Fail(settings, problem);
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            throw new StartupException(problem, e);
        }
    }

    /// <summary>Gives <paramref name="work"/> the services of an installation that does not listen.</summary>
    /// <exception cref="StartupException">The installation cannot be opened, or was never started; the message says why.</exception>
    public static async Task WithServicesAsync(ServeSettings settings, Func<IServiceProvider, Task> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await RequireInstallationAsync(settings, cancellationToken);
            await using var app = Build(settings, static _ => { });
            await PrepareAsync(app, makesAccount: false, cancellationToken);
            if (await IamModule.ListAccountsAsync(app.Services, cancellationToken) is [])
            {
                throw new StartupException(
                    $"The installation in {app.Services.GetRequiredService<DataDirectory>().Root} has no account yet. "
                    + "Start it once with 'stagedoor serve': that makes the first account and prints its keys. Or name another with --data.");
            }

            await work(app.Services);
        }
        catch (Exception e) when (Problem(e) is not null)
        {
            throw new StartupException(Problem(e)!, e);
        }
    }

    /// <summary>Lets a part of an installation that is lost for good begin empty at the next start; false when it is not lost.</summary>
    /// <exception cref="StartupException">The installation cannot be opened; the message says why.</exception>
    internal static async Task<bool> BeginAnewAsync(ServeSettings settings, string part, CancellationToken cancellationToken)
    {
        try
        {
            await RequireInstallationAsync(settings, cancellationToken);
            await using var app = Build(settings, static _ => { });
            await using var installation = ActivatorUtilities.CreateInstance<InstallationCheck>(app.Services);
            return await installation.BeginAnewAsync(part, cancellationToken);
        }
        catch (Exception e) when (Problem(e) is not null)
        {
            throw new StartupException(Problem(e)!, e);
        }
    }

    // What works on an installation makes none: of a folder that was mistyped it leaves nothing behind. With a database server the folder of a replica may be new.
    private static async Task RequireInstallationAsync(ServeSettings settings, CancellationToken cancellationToken)
    {
        await using var stores = OpenedInstallation.Imagine(settings);
        using var data = DataDirectory.Look(stores.Data.Root);
        if (data is not null)
        {
            return;
        }

        if (stores.Storage.Database is "postgresql")
        {
            await using var gateway = new Db(stores.Engine.Open(InstallationCheck.Gateway));
            if (await Installations.IsMadeAsync(gateway, cancellationToken))
            {
                return;
            }
        }

        throw new StartupException($"There is no installation in {stores.Data.Root}. Name its folder with --data.");
    }

    /// <summary>The first address that the host listens on, without a slash at the end.</summary>
    public static string Address(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/');

    private static WebApplication Build(ServeSettings settings, Action<IServiceCollection> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "stagedoor" });
        ServeConfiguration.Apply(builder.Configuration, settings);
        var configuration = builder.Configuration;
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        var format = LogFormatOptions.Of(configuration);
        builder.Logging.AddConsoleFormatter<LogFormatter, LogFormatOptions>(o => o.Format = format);
        builder.Logging.AddConsole(static o =>
        {
            o.FormatterName = LogFormatter.FormatterName;
            // Standard output is for what the person at the terminal asked for.
            o.LogToStandardErrorThreshold = LogLevel.Trace;
            // Who reads the log slowly, or not at all, must not hold up who is served.
            o.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            o.MaxQueueLength = MaxQueuedLines;
        });
        builder.Services.Configure<HostOptions>(static o =>
        {
            o.ShutdownTimeout = Drain.Whole;
            // Background work looks after itself (UpkeepService); whatever befalls it, requests are still answered.
            o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        ConfigureServer(builder, configuration);

        var services = builder.Services;
        services.AddRouting();
        // The first, so that of all it is told last of a stop, when the others have heard of it.
        services.AddHostedService<Drain>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IdSource>();
        services.AddSingleton(static provider => DataDirectory.Open(provider.GetRequiredService<IConfiguration>()["Data"]!));
        services.AddSingleton<FirstStart>();
        services.AddSingleton<ISecretFiles, SecretFiles>();
        services.AddSingleton<ModulePorts>();
        services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<ModulePorts>());
        services.AddSingleton<IStartupFilter>(static provider => provider.GetRequiredService<ModulePorts>());
        services.AddHostedService(static provider => provider.GetRequiredService<ModulePorts>());
        services.AddHostedService<LifeLog>();
        services.AddSingleton(settings);
        services.AddSingleton<ServiceManager>();
        services.AddHostedService<ServiceWatchdog>();
        services.AddOptions<ServerOptions>().Bind(configuration.GetSection("Server")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.AddSingleton<SocketTransportFactory>();
        services.AddSingleton<ConnectionLimit>();
        services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory>(static provider => provider.GetRequiredService<ConnectionLimit>()));
        services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<ConnectionLimit>());
        services.AddSingleton<IntegrityCheck>();
        services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<IntegrityCheck>());
        services.AddHostedService(static provider => provider.GetRequiredService<IntegrityCheck>());
        services.AddSingleton<Readiness>();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton<DiskSpace>();
        services.AddSingleton<ProbeGauges>();
        services.AddSingleton<BareRefusals>();
        services.AddSingleton<FrontPage>();
        services.AddSingleton<MatcherPolicy, HtmlOnlyPolicy>();
        var modules = services.AddModules(settings.Modules, configuration);
        services.AddSingleton<OpenApiDocuments>();
        configure(services);

        var app = builder.Build();
        // Built before the first request, so that it hears of every instrument.
        _ = app.Services.GetRequiredService<PrometheusExporter>();
        _ = app.Services.GetRequiredService<ProbeGauges>();
        _ = app.Services.GetRequiredService<BareRefusals>();
        app.UseGateway();
        app.UseWebSockets();
        var routes = app.MapGroup("").AnswersHead();
        OperationsEndpoints.Map(routes);
        ErrorEndpoints.Map(routes);
        OpenApiEndpoints.Map(routes);
        ApiViewer.Map(routes);
        DocEndpoints.Map(routes);
        FrontPage.Map(routes);
        foreach (var module in modules.Running)
        {
            module.Map(routes);
        }

        return app;
    }

    private static void ConfigureServer(WebApplicationBuilder builder, ConfigurationManager configuration)
    {
        var tls = configuration.GetSection("Tls").Get<TlsOptions>() ?? new();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        if (tls is { Certificate: { } certificate, Key: { } key })
        {
            builder.Services.AddSingleton(provider => new ServerCertificate(
                certificate,
                key,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>().CreateLogger<ServerCertificate>()));
            builder.Services.AddSingleton<IWarnings>(static provider => provider.GetRequiredService<ServerCertificate>());
        }

        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPool>();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            StrictFraming.Apply(options);
            options.Limits.MaxRequestLineSize = MaxRequestLine;
            options.Limits.MaxRequestHeadersTotalSize = MaxRequestHeaders;
            options.Limits.MaxResponseBufferSize = ResponseBuffer;
            options.Limits.MaxRequestHeaderCount = MaxHeaderCount;
            // The gateway limits bodies by route.
            options.Limits.MaxRequestBodySize = null;
            if (options.ApplicationServices.GetService<ServerCertificate>() is { } pair)
            {
                options.ConfigureHttpsDefaults(https =>
                {
                    // The server wants one of these; it alone would be sent without the certificates behind it.
                    https.ServerCertificateSelector = (_, _) => pair.Current().TargetCertificate;
                    https.OnAuthenticate = (_, handshake) => (handshake.ServerCertificateSelectionCallback, handshake.ServerCertificateContext) = (null, pair.Current());
                });
            }
        });

        // Behind whatever else sets something: each takes what is set until then.
        builder.Services.PostConfigure<KestrelServerOptions>(options => Ports.Open(
            options, Listeners.Of(configuration), options.ApplicationServices.GetRequiredService<ModulePorts>().EndPoints));
    }

    // Answers the installation's id.
    private static async Task<string> PrepareAsync(WebApplication app, bool makesAccount, CancellationToken cancellationToken)
    {
        // First, so that a bad folder is refused before anything else is tried.
        var data = app.Services.GetRequiredService<DataDirectory>();
        await using var installation = ActivatorUtilities.CreateInstance<InstallationCheck>(app.Services);
        await using var entered = await installation.EnterAsync(cancellationToken);
        foreach (var module in app.Services.GetRequiredService<ModuleSet>().Running)
        {
            await module.PrepareAsync(app.Services, cancellationToken);
        }

        await app.Services.GetRequiredService<IBlobStore>().CheckAsync(cancellationToken);
        await installation.MarkAsync(cancellationToken);
        if (makesAccount)
        {
            await app.Services.GetRequiredService<FirstStart>().EnsureAsync(
                isFirst: data.InstallationId is null && !installation.IsUpgraded, cancellationToken);
            await installation.CompleteAsync(cancellationToken);
        }

        return installation.Id;
    }

    private static string Shown(WebApplication app) => Banner.Shown(Address(app), app.Configuration["ExternalUrl"]);

    private static string? Problem(Exception e, WebApplication? app = null) =>
        StartFailure.Explain(e, app is null ? [] : Listeners.Of(app.Configuration));
}
