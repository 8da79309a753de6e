using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Serve;

/// <summary>Settings under <c>Server</c>: of the process itself, with all its listeners.</summary>
public sealed class ServerOptions
{
    /// <summary>How many connections may be open; 0 for as many as the file descriptors of the process allow.</summary>
    [Range(0, int.MaxValue)]
    public int MaxConnections { get; set; }

    /// <summary>Print the keys of the first start also to what is no terminal, as in a container whose log is all that can be seen.</summary>
    public bool ShowKeys { get; set; }
}

/// <summary>Checks <see cref="ServerOptions"/> by its attributes.</summary>
[OptionsValidator]
public sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;
