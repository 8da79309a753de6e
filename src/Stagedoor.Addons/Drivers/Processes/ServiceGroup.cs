namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The services of a revision, while they run.</summary>
internal sealed class ServiceGroup : IAsyncDisposable
{
    private readonly List<(ServiceUnit Unit, CancellationTokenSource Stopping, Task Running)> _units = [];
    private readonly SemaphoreSlim _turn = new(1);

    public ServiceGroup(GroupOrder order, Surroundings all)
    {
        Order = order;
        foreach (var spec in order.Services)
        {
            var unit = new ServiceUnit(order, spec, all);
            var stopping = new CancellationTokenSource();
            _units.Add((unit, stopping, Task.Run(() => unit.RunAsync(() => FindMissing(spec), stopping.Token))));
        }
    }

    public GroupOrder Order { get; }

    public IReadOnlyList<ServiceStatus> Statuses => [.. _units.Select(static u => u.Unit.Status)];

    /// <summary>Stops them, those that depend on others before these; nothing of them is left then.</summary>
    public async Task StopAsync()
    {
        await _turn.WaitAsync();
        try
        {
            while (_units.Where(static u => !u.Stopping.IsCancellationRequested).ToList() is { Count: > 0 } left)
            {
                var wave = left.Where(u => !left.Exists(o => o.Unit.Spec.DependsOn.Contains(u.Unit.Spec.Name, StringComparer.Ordinal))).ToList();
                await Task.WhenAll(wave.Select(static async u =>
                {
                    await u.Stopping.CancelAsync();
                    await u.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var (unit, stopping, _) in _units)
        {
            unit.Dispose();
            stopping.Dispose();
        }

        _turn.Dispose();
    }

    private string? FindMissing(ServiceSpec spec) =>
        spec.DependsOn.FirstOrDefault(d => !Statuses.Any(s => string.Equals(s.Name, d, StringComparison.Ordinal) && s.IsReady));
}
