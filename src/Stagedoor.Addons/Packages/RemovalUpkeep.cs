using Microsoft.Extensions.Logging;
using Stagedoor.Addons.Templates;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>Brings removals of versions and charts to their end that a process has begun and not lived to end. Only what was under way at the look before too: the rest is somebody's at work.</summary>
internal sealed partial class RemovalUpkeep(
    TemplateStore templates, ChartStore charts, PackageStore packages, TimeProvider clock, ILogger<RemovalUpkeep> logger) : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;
    private HashSet<string> _seen = new(StringComparer.Ordinal);

    protected override TimeSpan Period => TimeSpan.FromSeconds(15);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>One look.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var version in await templates.ListRemovingAsync(cancellationToken))
        {
            var key = $"{version.DomainId} {version.Template} {version.Version}";
            seen.Add(key);
            await EndAsync(key, version.LibraryId, version.Digest, () => templates.ForgetAsync(version, CancellationToken.None), cancellationToken);
        }

        foreach (var chart in await charts.ListRemovingAsync(cancellationToken))
        {
            var key = $"{chart.ProjectId} {chart.Name} {chart.Version}";
            seen.Add(key);
            await EndAsync(key, chart.LibraryId, chart.Digest, () => charts.ForgetAsync(chart, CancellationToken.None), cancellationToken);
        }

        _seen = seen;
    }

    private async Task EndAsync(string key, long library, string digest, Func<Task<bool>> forget, CancellationToken cancellationToken)
    {
        if (!_seen.Contains(key))
        {
            return;
        }

        try
        {
            await packages.RemoveAsync(library, digest, cancellationToken);
            if (await forget())
            {
                LogEnded(key);
            }
        }
        catch (StorageException e)
        {
            LogFailed(e, key);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Key} was removed: whoever began it has not ended it")]
    private partial void LogEnded(string key);

    [LoggerMessage(LogLevel.Warning, "{Key} could not be removed; it is tried again")]
    private partial void LogFailed(Exception exception, string key);
}
