using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;
using Stagedoor.Tracing.Admission;
using Stagedoor.Tracing.ErrorCodes;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Ingest.Grpc;
using Stagedoor.Tracing.Masking;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Own;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;
using Stagedoor.Tracing.Store.Shared;

namespace Stagedoor.Tracing;

/// <summary>The trace service: takes spans of OpenTelemetry and Zipkin, and answers the queries of Huawei's APM.</summary>
public sealed class TracingModule : IModule
{
    /// <summary>The role for everything of this service.</summary>
    internal const string Administrator = "apm_admin";

    /// <summary>The role for its queries.</summary>
    internal const string Reader = "apm_readonly";

    /// <summary>Where senders of OTLP over HTTP look for it.</summary>
    internal static ModuleListener OtlpHttp { get; } = new("OTLP over HTTP", "Tracing:OtlpHttpListen", "4318");

    /// <summary>Where senders of OTLP over gRPC look for it.</summary>
    internal static ModuleListener OtlpGrpc { get; } = new("OTLP over gRPC", "Tracing:OtlpGrpcListen", "4317") { Protocols = HttpProtocols.Http2 };

    /// <summary>Where senders of Zipkin's formats look for it.</summary>
    internal static ModuleListener Zipkin { get; } = new("Zipkin", "Tracing:ZipkinListen", "9411");

    /// <summary>Where readers of Jaeger's API look for it.</summary>
    internal static ModuleListener Jaeger { get; } = new("Jaeger", "Tracing:JaegerListen", "16686");

    /// <summary>Who may do what.</summary>
    internal static ModuleActions Actions { get; } = new("apm") { Administrators = [Administrator], Readers = [Reader] };

    public string Name => "tracing";

    public ModuleTraits Traits { get; } = new()
    {
        Database = new("tracing", "measures", typeof(TracingModule).Assembly) { IsLaterThanMarks = true, MaxConnections = 12 },
        Settings = [("Tracing", typeof(TracingOptions)), ("Tracing:Masking", typeof(MaskingOptions)), ("Tracing:Own", typeof(OwnTraceOptions)), ("Tracing:Own:Export", typeof(OwnTraceExportOptions))],
        Audit = "APM",
        Actions = Actions,
        Roles =
        [
            new(Administrator, "APM FullAccess", "All of the trace service, and sending spans"),
            new(Reader, "APM ReadOnlyAccess", "All queries of the trace service"),
        ],
        Catalog = [("apm", "/v1/{project_id}")],
        EncodedSlashes = ["/v1", "/api/services", "/p"],
        SecretPaths = ["/k/"],
        Listeners = [OtlpHttp, OtlpGrpc, Zipkin, Jaeger],
        Unmatched = [new("/v1/*/ats", BadText: TracingCodes.InvalidRequest), new("/v1/*/atps", BadText: TracingCodes.InvalidRequest)],
        Title = new("Tracing", "调用链"),
    };

    /// <summary>Adds the module's services. Needs a database engine and access key logins.</summary>
    public void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TracingOptions>().Bind(configuration.GetSection("Tracing")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TracingOptions>, TracingOptionsValidator>();
        services.AddSingleton<IValidateOptions<TracingOptions>, TracingOptionsRules>();
        services.AddSingleton<TracingDb>();
        services.AddSingleton<ITraceStore>(static provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            var db = provider.GetRequiredService<TracingDb>();
            var options = provider.GetRequiredService<IOptions<TracingOptions>>().Value;
            ISpanEngine engine = db.IsShared
                ? new SharedTraceStore(db, new() { IsQueued = options.Acknowledge is Acknowledgement.Queued }, clock, provider.GetRequiredService<ILogger<SharedTraceStore>>())
                : FileTraceStore.Open(
                    new() { Folder = FolderOf(provider), IsQueued = options.Acknowledge is Acknowledgement.Queued },
                    new MeasuredFiles(new DiskFiles(), provider.GetRequiredService<IngestMetrics>(), clock),
                    clock,
                    provider.GetRequiredService<ILogger<FileTraceStore>>());
            return new PinningTraceStore(engine, db, clock, new() { MaxTraces = options.MaxPinnedTraces });
        });
        services.AddSingleton(static provider => new SpanRoom(provider.GetRequiredService<TracingDb>().IsShared ? null : FolderOf(provider)));
        services.AddSingleton<SpanRetention>();
        services.AddSingleton<IWarnings, StoreWarnings>();
        services.AddSingleton<SpanMetrics>();
        services.AddHostedService<SpanUpkeep>();
        services.AddSingleton<OwnProject>();
        services.AddSingleton<DoorRefusals>();
        services.AddHostedService<KeyProjects>();
        services.AddSingleton<SenderAdmission>();
        services.AddSingleton<ReaderAdmission>();
        services.AddSingleton<TraceReads>();
        services.AddSingleton<TraceModel>();
        services.AddSingleton<TraceSizes>();
        services.AddSingleton<IngestMetrics>();
        services.AddHostedService<TraceGauges>();
        services.AddSingleton<DropRules>();
        services.AddSingleton<SpanMasking>();
        services.AddSingleton<SpanIntake>();
        services.AddSingleton<SpanReception>();
        services.AddSingleton<ServiceRuleSet>();
        services.AddSingleton<CodeFinder>();
        services.AddSingleton<SeenCodes>();
        services.AddSingleton<CodeStore>();
        GrpcCalls.Add(services);
        services.AddSingleton<OwnTraceMetrics>();
        services.AddSingleton<OwnTraceOwners>();
        services.AddSingleton<OwnTraceExport>();
        services.AddHostedService(static provider => provider.GetRequiredService<OwnTraceExport>());
        services.AddSingleton<OwnTraces>();
        services.AddHostedService(static provider => provider.GetRequiredService<OwnTraces>());
        if (configuration.GetValue("Tracing:Own:Enabled", defaultValue: true))
        {
            services.AddSingleton<IRecorder>(static provider => provider.GetRequiredService<OwnTraces>());
        }

        services.AddSingleton<RedMetrics>();
        services.AddSingleton<MeasureStore>();
        services.AddSingleton<MeasureWriter>();
        services.AddHostedService(static provider => provider.GetRequiredService<MeasureWriter>());
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        ExportTraces.Map(Senders(routes.MapGroup("").ServedAt(OtlpHttp)));
        DropSignals.Map(Senders(routes.MapGroup("")));
        ExportTracesByGrpc.Map(Senders(routes.MapGroup("").ServedOnlyAt(OtlpGrpc).ExcludeFromDescription()));
        CheckHealthByGrpc.Map(routes.MapGroup("").OfService(Name).ServedOnlyAt(OtlpGrpc).ExcludeFromDescription());
        CollectSpans.Map(Senders(routes.MapGroup("").ServedAt(Zipkin)));
        MapReaders(routes);
        var ats = Queries(routes.MapGroup("/v1/{project_id}/ats").FaultsAs(TracingCodes.AtsFailed).CanFail(TracingCodes.InvalidProjectId, TracingCodes.EmptyResult));
        ListApplications.Map(ats);
        ListInstances.Map(ats);
        ListTransactions.Map(ats);
        SearchTraces.Map(ats);
        ShowSpans.Map(ats);
        ShowTrace.Map(ats);
        var atps = Queries(routes.MapGroup("/v1/{project_id}/atps").FaultsAs(TracingCodes.AtpsFailed).CanFail(TracingCodes.InvalidProjectId));
        ListMonitorGroups.Map(atps);
        GetTopology.Map(atps);
        ListTransactionStatistics.Map(atps);
        ListErrors.Map(atps);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await MigrationRunner.RunAsync(services.GetRequiredService<TracingDb>(), typeof(TracingModule).Assembly, services.GetRequiredService<TimeProvider>(), cancellationToken);

        // What was acknowledged before is read now, before anybody asks for it.
        services.GetRequiredService<ITraceStore>();
        services.GetRequiredService<SpanMetrics>();
    }

    private static string FolderOf(IServiceProvider provider) => Path.Combine(Path.GetFullPath(provider.GetRequiredService<IConfiguration>()["Data"] ?? "data"), "traces");

    // They have keys of their own, bodies that are bounded where they are unpacked, and refusals in the shape of their protocol.
    private RouteGroupBuilder Senders(RouteGroupBuilder group) => group
        .OfService(Name)
        .Authenticate(AuthMode.Passthrough)
        .DecidesItself()
        .Takes(ApiCredential.Token, ApiCredential.Signature)
        .Unthrottled()
        .LimitBody(null)
        .NotRecorded()
        .NotAudited("spans are no change of what the service is");

    private void MapReaders(IEndpointRouteBuilder routes)
    {
        var jaeger = Readers(routes.MapGroup("").ServedAt(Jaeger), "application/json");
        Tracing.Jaeger.ListServices.Map(jaeger);
        Tracing.Jaeger.ListServiceOperations.Map(jaeger);
        Tracing.Jaeger.ListOperations.Map(jaeger);
        Tracing.Jaeger.FindTraces.Map(jaeger);
        Tracing.Jaeger.GetTrace.Map(jaeger);
        Tracing.Jaeger.ArchiveTrace.Map(jaeger);
        Tracing.Jaeger.ReleaseTrace.Map(jaeger);
        Tracing.Jaeger.TransformTraces.Map(jaeger);
        Tracing.Jaeger.ListDependencies.Map(jaeger);
        Tracing.Jaeger.GetMetrics.Map(jaeger);
        Tracing.Jaeger.ListServicesV3.Map(jaeger);
        Tracing.Jaeger.ListOperationsV3.Map(jaeger);
        Tracing.Jaeger.FindTracesV3.Map(jaeger);
        Tracing.Jaeger.SummarizeTraces.Map(jaeger);
        Tracing.Jaeger.GetTraceV3.Map(jaeger);
        Tracing.Jaeger.ListDependenciesV3.Map(jaeger);
        var tempo = Readers(routes.MapGroup("").ServedAt(Jaeger), "text/plain");
        Tempo.Echo.Map(tempo);
        Tempo.GetTrace.Map(tempo);
        var zipkin = Readers(routes.MapGroup("").ServedAt(Zipkin), "text/plain");
        Tracing.Zipkin.ListServices.Map(zipkin);
        Tracing.Zipkin.ListSpanNames.Map(zipkin);
        Tracing.Zipkin.ListRemoteServices.Map(zipkin);
        Tracing.Zipkin.FindTraces.Map(zipkin);
        Tracing.Zipkin.GetTrace.Map(zipkin);
        Tracing.Zipkin.GetTraces.Map(zipkin);
        Tracing.Zipkin.ListDependencies.Map(zipkin);
        Tracing.Zipkin.Autocomplete.Map(zipkin);
        Tracing.Zipkin.ShowHealth.Map(zipkin);
    }

    // They have keys of their own too, and refusals in the shape of their protocol.
    private RouteGroupBuilder Readers(RouteGroupBuilder group, string refusals) => group
        .OfService(Name)
        .Authenticate(AuthMode.Passthrough)
        .DecidesItself()
        .Action("apm:ats:get")
        .Takes(ApiCredential.Token, ApiCredential.Signature)
        .PathParameter(ReaderAdmission.PathParameter, "The project, which the credential is for.")
        .NotAudited("reading changes nothing")
        .CanFail(ReadCodes.All)
        .AnswersContent(400, refusals, "A parameter is not what it has to be.")
        .AnswersContent(401, refusals, "The reader is not known.")
        .AnswersContent(403, refusals, "The reader may not.")
        .AnswersContent(500, refusals, "The store of traces cannot be read.")
        .AnswersContent(429, refusals, "Too many requests of unknown readers come from the same network; Retry-After says when to try again.")
        .AnswersContent(503, refusals, "Too many traces are being read; Retry-After says when to try again.")
        .AnswersContent(504, refusals, "It was given up at its time.");

    private RouteGroupBuilder Queries(RouteGroupBuilder group) => group
        .OfService(Name)
        .SpeaksJson(TracingJson.Wire)
        .PathParameter("project_id", "The project, which the credential is for.")
        .HeaderParameter(ApmQuery.ClusterHeader, "A cluster that everything found is of.")
        .HeaderParameter(ApmQuery.NamespaceHeader, "A namespace that everything found is of.")
        .CanFail(TracingCodes.InvalidRequest);
}
