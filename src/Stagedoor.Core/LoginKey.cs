using System.Security.Cryptography;
using System.Text;

namespace Stagedoor;

/// <summary>
/// The password that a key pair gives at the two places that take one: the image registry's long-term login and the microservice
/// registry's <c>X-Service-ShaAKSK</c>.
/// </summary>
public static class LoginKey
{
    /// <summary>The lower-case hex of HMAC-SHA256 over the access key, keyed with the secret key.</summary>
    public static string Compute(string accessKey, string secretKey) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secretKey), Encoding.UTF8.GetBytes(accessKey)));
}
