using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Tests.NewModule;

/// <summary>A module as small as one can be: two operations, a code, a shape for its errors. Nothing else in the product knows of it.</summary>
internal sealed class ProbeModule : IModule
{
    private static readonly ErrorTable s_codes = new("PROBE.", Envelope.Tracing, "probe", "a test");

    private static readonly ErrorDefinition s_missing = s_codes.Add(
        404, "404001", "There is no such thing", new("It is not there.", "Make it."), new("不存在。", "请先创建。"), "Ask for it.");

    /// <summary>The role that it brings.</summary>
    public const string Keeper = "prb_keeper";

    public string Name => "probe";

    public static ModuleListener Port { get; } = new("Probe", "Probe:Listen", "0") { Protocols = HttpProtocols.Http2, NotFound = s_missing };

    public ModuleTraits Traits { get; } = new()
    {
        Audit = "PRB",
        Roles = [new(Keeper, "Probe Keeper", "Make and see things", IsGlobal: true)],
        Actions = new("prb") { Administrators = [Keeper] },
        Catalog = [("prb", "/probe/{project_id}")],
        Settings = [("Probe", typeof(ProbeOptions))],
        Listeners = [Port],
        ErrorHeader = "X-Probe-Error-Code",
        Unmatched = [new("/probe", Envelope.Tracing, s_missing)],
        Title = new("Probe", "探针"),
    };

    public bool IsPrepared { get; private set; }

    public void Add(IServiceCollection services, IConfiguration configuration) => services.AddSingleton<Things>();

    public void Map(IEndpointRouteBuilder routes)
    {
        var probe = routes.MapGroup("/probe/things").OfService(Name);
        probe.MapPut("/{name}", static (string name, Things things) => things.Add(name)).WithName("PutThing").Action("prb:thing:put");
        probe.MapGet("/{name}", static IResult (string name, Things things) =>
                things.Contains(name) ? TypedResults.Text(name) : new ApiException(s_missing, name))
            .WithName("ShowThing").Action("prb:thing:show").CanFail(s_missing);
        routes.MapGet("/probe/protocol", static (HttpContext context) => context.Request.Protocol)
            .OfService(Name).WithName("ShowProtocol").Authenticate(AuthMode.None).ServedOnlyAt(Port);
    }

    public Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        IsPrepared = true;
        return Task.CompletedTask;
    }

    private sealed class ProbeOptions
    {
        public string Listen { get; set; } = Port.Default;
    }

    private sealed class Things : HashSet<string>;
}
