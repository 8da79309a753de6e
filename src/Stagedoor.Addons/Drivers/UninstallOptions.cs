namespace Stagedoor.Addons.Drivers;

/// <summary>How a release is taken away.</summary>
internal sealed record UninstallOptions
{
    /// <summary>Whether its custom resource definitions go too, and with them every object of their kinds.</summary>
    public bool DeletesCustomResources { get; init; }

    /// <summary>Asked right before each change is made: whether it is still wanted.</summary>
    public Func<CancellationToken, Task>? Confirm { get; init; }
}
