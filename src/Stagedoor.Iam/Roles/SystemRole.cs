using System.Security.Cryptography;
using System.Text;
using Stagedoor.Http;

namespace Stagedoor.Iam.Roles;

/// <summary>A role that can be granted. Its id is derived from its name, so it is the same everywhere and for ever.</summary>
internal sealed record SystemRole(ModuleRole Role)
{
    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("role " + Role.Name)))[..32];

    public string Name => Role.Name;
}
