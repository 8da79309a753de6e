using System.ComponentModel;

namespace Stagedoor.Serve;

/// <summary>Where the installation's master key is. The settings stand under <c>Gateway</c>, where they have always been.</summary>
public sealed class MasterKeyOptions
{
    /// <summary>The master key itself: 32 bytes in base64. Goes before <see cref="MasterKeyFile"/>.</summary>
    [PasswordPropertyText(true)]
    public string? MasterKey { get; set; }

    /// <summary>The file with the master key; without it <c>master.key</c> in the data directory, which the first start creates.</summary>
    public string? MasterKeyFile { get; set; }
}
