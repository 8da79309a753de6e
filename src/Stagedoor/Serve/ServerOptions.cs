using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Serve;

/// <summary>Settings under <c>Server</c>: connections of all listeners together.</summary>
public sealed class ServerOptions
{
    /// <summary>How many connections may be open; 0 for as many as the file descriptors of the process allow.</summary>
    [Range(0, int.MaxValue)]
    public int MaxConnections { get; set; }
}

/// <summary>Checks <see cref="ServerOptions"/> by its attributes.</summary>
[OptionsValidator]
public sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;
