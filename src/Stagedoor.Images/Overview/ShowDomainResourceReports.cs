using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary><c>GET /v2/manage/reports/{resource_type}/{frequency}</c>: traffic or size of the account's images, day by day.</summary>
internal static class ShowDomainResourceReports
{
    /// <param name="Date">The day, in UTC.</param>
    /// <param name="Value">In GiB.</param>
    internal sealed record Day(string Date, double Value);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/reports/{resource_type}/{frequency}", HandleAsync)
        .WithName(nameof(ShowDomainResourceReports))
        .WithSummary("Show traffic or size of the account's images, day by day")
        .PathParameter("resource_type", "downflow for what was sent, store for how large the images are.")
        .PathParameter("frequency", "daily.")
        .Answers<IReadOnlyList<Day>>(200, $"The last {OverviewStore.ReportedDays} days in their order; of sizes those since the account has been known.")
        .Action("swr:report:show")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "resource_type")] string type, string frequency, Caller caller, OverviewStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (type is not ("downflow" or "store") || frequency is not "daily")
        {
            return ImagesError.InvalidParameter("resource_type is downflow or store, and frequency daily");
        }

        var today = OverviewStore.DayOf(clock.GetUtcNow());
        var days = type is "downflow"
            ? await store.ListTrafficAsync(caller.DomainId, today, cancellationToken)
            : await store.ListStorageAsync(caller.DomainId, today, cancellationToken);
        return TypedResults.Json(
            (IReadOnlyList<Day>)[.. days.Select(static d => new Day(DateOf(d.Day), ShowDomainOverview.Gibibytes(d.Bytes)))],
            OverviewJson.Wire.IReadOnlyListDay);
    }

    private static string DateOf(long day) => DateTime.UnixEpoch.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
