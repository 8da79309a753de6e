using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Access;

/// <summary>A grant as a request writes it. Its number is read by hand, since one that is none has a code of its own.</summary>
internal sealed record UserAuthRequest(
    [property: JsonPropertyName("user_id")] string? UserId, [property: JsonPropertyName("user_name")] string? UserName, JsonElement? Auth)
{
    public const int MaxGrants = 100;

    private const int MaxUserName = 64;

    /// <summary>The grants of a list, all of them well formed.</summary>
    /// <param name="requests">The list.</param>
    /// <param name="illegal">What a number is answered with that is no permission, for the user of that id.</param>
    /// <exception cref="ApiException">The list is empty or too long, or an entry is not well formed.</exception>
    public static IReadOnlyList<UserAuth> Read(IReadOnlyList<UserAuthRequest?> requests, Func<string, ApiException> illegal)
    {
        CheckLength(requests.Count);
        var grants = new List<UserAuth>(requests.Count);
        foreach (var request in requests)
        {
            grants.Add(Read(request ?? throw ImagesError.InvalidParameter("an entry of the list is null"), illegal));
        }

        CheckOnce(grants.Select(static g => g.UserId));
        return grants;
    }

    /// <summary>The users of a list, each there once.</summary>
    /// <exception cref="ApiException">The list is empty or too long, or an entry is not well formed.</exception>
    public static IReadOnlyList<string> ReadUsers(IReadOnlyList<string?> users)
    {
        CheckLength(users.Count);
        var ids = users.Select(static id => string.IsNullOrEmpty(id) ? throw ImagesError.RequiredParameterMissing("user_id") : Storable(id)).ToList();
        CheckOnce(ids);
        return ids;
    }

    private static UserAuth Read(UserAuthRequest request, Func<string, ApiException> illegal)
    {
        var id = string.IsNullOrEmpty(request.UserId) ? throw ImagesError.RequiredParameterMissing("user_id") : Storable(request.UserId);
        var name = string.IsNullOrEmpty(request.UserName) ? throw ImagesError.RequiredParameterMissing("user_name") : request.UserName;
        if (request.Auth is not { } auth || auth.ValueKind is JsonValueKind.Null)
        {
            throw ImagesError.RequiredParameterMissing("auth");
        }

        if (auth.ValueKind is not JsonValueKind.Number || !auth.TryGetInt32(out var number) || number is not (Rights.Read or Rights.Edit or Rights.Manage))
        {
            throw illegal(id);
        }

        return name.Length <= MaxUserName && Text.IsStorable(name) ? new(id, name, number) : throw ImagesError.InvalidUserName(id, Text.Cut(Text.Repair(name), MaxUserName));
    }

    private static string Storable(string id) => Text.IsStorable(id) ? id : throw ImagesError.InvalidParameter("user_id is no text");

    private static void CheckLength(int count)
    {
        if (count is < 1 or > MaxGrants)
        {
            throw ImagesError.InvalidParameter($"the list has {count} entries, 1 to {MaxGrants} are taken at a time");
        }
    }

    private static void CheckOnce(IEnumerable<string> ids)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            if (!seen.Add(id))
            {
                throw ImagesError.InvalidParameter($"user_id={id} stands in the list twice");
            }
        }
    }
}
