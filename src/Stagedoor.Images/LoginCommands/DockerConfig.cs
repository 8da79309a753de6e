using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Images.LoginCommands;

/// <summary>A login of the registry as docker keeps it in <c>config.json</c>.</summary>
/// <param name="Auths">The login of each host.</param>
internal sealed record DockerConfig(IReadOnlyDictionary<string, DockerConfig.Entry> Auths)
{
    /// <param name="Auth">User and password with a colon between them, in base64.</param>
    internal sealed record Entry(string Auth);

    /// <summary>The answer that holds a login, and in its headers the command that uses it.</summary>
    /// <param name="context">The call.</param>
    /// <param name="host">The registry.</param>
    /// <param name="user">The user name of the login.</param>
    /// <param name="password">Its password.</param>
    public static IResult Answer(HttpContext context, string host, string user, string password)
    {
        context.Response.Headers["X-Swr-Dockerlogin"] = $"docker login -u {user} -p {password} {host}";
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        return TypedResults.Json(
            new DockerConfig(new Dictionary<string, Entry>(StringComparer.Ordinal) { [host] = new(auth) }), LoginCommandJson.Wire.DockerConfig);
    }
}
