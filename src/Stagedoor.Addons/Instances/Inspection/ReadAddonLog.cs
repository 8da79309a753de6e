using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Drivers;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances.Inspection;

/// <summary><c>GET /api/v3/addons/{id}/logs</c></summary>
internal static class ReadAddonLog
{
    private const int MaxLines = 10_000;
    private const int Lines = 200;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{id}/logs", HandleAsync)
        .WithName(nameof(ReadAddonLog))
        .WithSummary("Read what a process of an add-on has said last")
        .QueryParameter("service", "The service of its process.yaml; it may be left out where there is one.")
        .QueryParameter("tail", $"How many lines at most, 1 to {MaxLines}; {Lines} without it.", ParameterType.Number)
        .AnswersContent(200, "text/plain", "The lines, the latest last, each with when it was said; a mebibyte at most. Nothing where nothing was brought to the cluster yet.")
        .Action("cce:addonInstance:get")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ConvertResponseFailed);

    private static async Task<IResult> HandleAsync(
        string id, string? service, string? tail, Caller caller, InstanceStore instances, ClusterReads reads, CancellationToken cancellationToken)
    {
        var count = Lines;
        if (!string.IsNullOrEmpty(tail) && (!int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MaxLines))
        {
            return AddonsError.Invalid("tail", $"has to be a number from 1 to {MaxLines}");
        }

        var instance = await instances.RequireAsync(caller, id, null, cancellationToken);
        var planned = await reads.FindPlannedAsync(instance, cancellationToken);
        var said = await reads.AskAsync(
            instance,
            (cluster, _) =>
            {
                if (cluster.Driver is not IServiceLogs logs)
                {
                    throw AddonsError.Invalid("id", $"is an instance in a cluster with the driver {cluster.Driver.Name}, whose logs are not read here; only those of processes are");
                }

                IReadOnlyList<string> services = planned is null ? [] : logs.ListServices(cluster.Connection, planned.Key);
                var chosen = string.IsNullOrEmpty(service) && services.Count == 1 ? services[0] : service;
                return services.Count == 0 ? new ValueTask<IReadOnlyList<string>>([])
                    : chosen is not null && services.Contains(chosen, StringComparer.Ordinal) ? new(logs.ReadLog(cluster.Connection, planned!.Key, chosen, count))
                    : throw AddonsError.Invalid("service", $"has to be one of {string.Join(", ", services)}");
            },
            cancellationToken);
        return TypedResults.Text(string.Concat(said.Select(static l => l + "\n")), "text/plain", Encoding.UTF8);
    }
}
