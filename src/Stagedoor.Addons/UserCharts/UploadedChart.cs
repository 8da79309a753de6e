using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.UserCharts;

/// <summary>Takes the form of an upload in, and brings its package to where it is kept.</summary>
internal sealed class UploadedChart(LibraryStore libraries, PackageStore packages, IOptions<AddonsOptions> options)
{
    private const int MaxSource = 256;

    /// <summary>Reads a form, stores its package, and records it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="check">
    /// Looks at the chart before anything is stored, and answers it as it shall be recorded. What it is refused for is looked at again when it is recorded.
    /// </param>
    /// <param name="record">Records it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">It is refused, or the store failed.</exception>
    public async Task<UserChart> TakeAsync(
        HttpContext context,
        Caller caller,
        Func<UserChart, ChartParameters, Task<(UserChart Chart, ChartOutcome Outcome)>> check,
        Func<UserChart, ChartParameters, Task<ChartChange>> record,
        CancellationToken cancellationToken)
    {
        await using var form = await PackageForm.ReadAsync(context.Request, packages, options, cancellationToken);
        var parameters = form.Parameters.Length == 0
            ? new()
            : RequestBody.Parse(RequestBody.ParseText(form.Parameters, "parameters"), AddonsJson.Wire.ChartParameters, "parameters");
        var (chart, outcome) = await check(await ReadAsync(form, parameters, cancellationToken), parameters);
        context.AuditResource($"{chart.Name}/{chart.Version}", chart.Id);
        if (outcome is not ChartOutcome.Done)
        {
            throw Refusal(new(outcome), chart);
        }

        var library = await libraries.EnsureAsync(caller.DomainId, caller.Project(), cancellationToken);
        var size = form.Upload.Length;
        var digest = await packages.StoreAsync(library, form.Upload, cancellationToken);
        form.Take();
        var change = await record(
            chart with
            {
                DomainId = caller.DomainId,
                ProjectId = caller.Project(),
                LibraryId = library,
                Digest = digest,
                Size = size,
                UploadedBy = caller.UserName,
            },
            parameters);
        if (change.Outcome is not ChartOutcome.Done)
        {
            await packages.RemoveAsync(library, digest, cancellationToken);
            throw Refusal(change, chart);
        }

        if (change.Replaced is { } replaced)
        {
            await packages.RemoveReplacedAsync(replaced.LibraryId, replaced.Digest, cancellationToken);
        }

        return change.Chart!;
    }

    private async Task<UserChart> ReadAsync(PackageForm form, ChartParameters parameters, CancellationToken cancellationToken)
    {
        try
        {
            var contents = await packages.ExamineAsync(form.Upload, isLinted: !parameters.SkipLint, cancellationToken);
            return UserChart.Read(contents) with
            {
                Source = RequestBody.Short(parameters.Source, "parameters.source", MaxSource),
                Visible = parameters.Visible is false ? 0 : 1,
            };
        }
        catch (FormatException e)
        {
            throw AddonsError.InvalidPackage(e.Message, e);
        }
    }

    private ApiException Refusal(ChartChange change, UserChart chart) => change.Outcome switch
    {
        ChartOutcome.Absent => AddonsError.ChartNotFound(chart.Id),
        ChartOutcome.Present => AddonsError.Conflict($"the chart {chart.Name} {chart.Version} is there already; say override in parameters to replace it, or replace it by its id"),
        ChartOutcome.Removing => AddonsError.Conflict($"the chart {chart.Name} {chart.Version} is being deleted"),
        ChartOutcome.OtherName => AddonsError.InvalidPackage($"Chart.yaml: name is {chart.Name}, and the chart that is replaced is {change.Chart!.Name}"),
        ChartOutcome.TooMany => AddonsError.TooMany("charts", options.Value.MaxChartsPerProject, "Addons:MaxChartsPerProject"),
        _ => new ApiException(AddonsCodes.UploadFileFailed, "the package was removed while it was uploaded; repeat it"),
    };
}
