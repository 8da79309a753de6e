namespace Stagedoor.Http;

/// <summary>Where the process really listens. Empty until it does.</summary>
public sealed class BoundListeners
{
    private volatile Addresses _addresses = new([], []);

    /// <summary>The addresses that serve everything.</summary>
    public IReadOnlyList<string> Main => _addresses.Main;

    /// <summary>The ports of modules, each with an address that it was given.</summary>
    public IReadOnlyList<(ModuleListener Listener, string Address)> Others => _addresses.Others;

    /// <summary>Tells everybody who asks, once the ports are open.</summary>
    public void Tell(IReadOnlyList<string> main, IReadOnlyList<(ModuleListener Listener, string Address)> others) => _addresses = new(main, others);

    private sealed record Addresses(IReadOnlyList<string> Main, IReadOnlyList<(ModuleListener Listener, string Address)> Others);
}
