using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Admission;

/// <summary>Says at the start which keys are for projects that are not there: nobody gets in with them, and most often an id has a letter wrong.</summary>
internal sealed partial class KeyProjects(IOptions<TracingOptions> options, IAccountProjects projects, ILogger<KeyProjects> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync("Keys", options.Value.Keys.Select(static k => k.Project), cancellationToken);
            await LookAsync("ReadKeys", options.Value.ReadKeys.Select(static k => k.Project), cancellationToken);
        }
        catch (StorageException e)
        {
            LogFault(e);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task LookAsync(string setting, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        foreach (var (index, id) in ids.Index())
        {
            if (id.Length > 0 && await projects.IsOpenAsync(id, cancellationToken) is null)
            {
                LogMissing(setting, index, id);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Tracing:{Setting}:{Index} is a key for the project {Project}, which does not exist: it is refused")]
    private partial void LogMissing(string setting, int index, string project);

    [LoggerMessage(LogLevel.Warning, "The projects of keys for traces cannot be looked up at the moment")]
    private partial void LogFault(Exception exception);
}
