namespace Stagedoor.Images.Access;

/// <summary>A grant as the API shows it.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="UserName">The user's name.</param>
/// <param name="Auth">7, 3 or 1.</param>
internal sealed record UserAuth(string UserId, string UserName, int Auth);
