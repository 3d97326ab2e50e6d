package admin

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/api"
)

// AccessJSON is a person and how they come in.
type AccessJSON struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Role        string     `json:"role" enum:"member,guest,organiser,admin"`
	State       string     `json:"state" doc:"active, or left"`
	Email       string     `json:"email,omitempty"`
	PersonnelNo string     `json:"personnel_no,omitempty"`
	Unit        string     `json:"unit,omitempty"`
	Secret      bool       `json:"has_secret" doc:"They have a password or PIN"`
	Logins      int        `json:"logins" doc:"In how many places they are signed in"`
	Seen        *time.Time `json:"seen_at,omitempty" doc:"To the hour"`
	Waiting     string     `json:"waiting,omitempty" enum:"card,invite,shown" doc:"What they have not used yet: a card, an invitation by mail or a link to hand over"`
}

// InvitedJSON is somebody who was invited.
type InvitedJSON struct {
	Person string `json:"person" doc:"Id"`
	Name   string `json:"name"`
	Email  string `json:"email,omitempty" doc:"Left out for people with a personnel number only, who get a card"`
	Link   string `json:"link,omitempty" doc:"A one-time link to hand over, when no mail can be sent; shown once"`
}

// CardJSON is a card with which somebody comes in for the first time.
type CardJSON struct {
	Person      string     `json:"person" doc:"Id"`
	Name        string     `json:"name"`
	PersonnelNo string     `json:"personnel_no,omitempty"`
	Code        string     `json:"code,omitempty" doc:"Shown once; left out for people without a personnel number, who get no card"`
	Expires     *time.Time `json:"expires_at,omitempty"`
}

// OrganisationJSON is what the admin says of the organisation.
type OrganisationJSON struct {
	Name        string `json:"name"`
	PublicURL   string `json:"public_url,omitempty" doc:"Where people reach it, without a path"`
	TimeZone    string `json:"time_zone,omitempty" doc:"IANA; empty is UTC"`
	SignInHelp  string `json:"sign_in_help,omitempty" doc:"Whom to ask when signing in does not work"`
	MeetingLink string `json:"meeting_link,omitempty" doc:"Of the video tool; {room} in it becomes a name nobody can guess"`
}

// RefusedJSON is a mail the server will not take.
type RefusedJSON struct {
	Person string    `json:"person,omitempty" doc:"Id of whom it was for"`
	Name   string    `json:"name,omitempty"`
	At     time.Time `json:"at"`
	Said   string    `json:"said" doc:"What the server said"`
}

// PracticeJSON is a practice and whether it is on.
type PracticeJSON struct {
	Key    string `json:"key"`
	On     bool   `json:"on"`
	Always bool   `json:"always" doc:"It cannot be switched off"`
}

// WideningJSON is the way of questions.
type WideningJSON struct {
	Desk  []string `json:"desk" nullable:"false" doc:"With whom a question ends: whole name, e-mail address or path of the profile"`
	Hours []int    `json:"hours" nullable:"false" doc:"Working hours after which more people are asked, ascending; empty is the usual ones"`
}

// MailServerJSON is how mail is sent. Secrets are never answered.
type MailServerJSON struct {
	Set      bool           `json:"set" doc:"A server is kept; without one no mail is sent"`
	Paused   bool           `json:"paused" doc:"Mail is held back, after a restore"`
	Waiting  int            `json:"waiting" doc:"Mails the server did not take yet and that are tried again, at most 100"`
	Next     *time.Time     `json:"next_at,omitempty" doc:"When the first of them is tried again"`
	Said     string         `json:"said,omitempty" doc:"What the server said to it"`
	Refused  []RefusedJSON  `json:"refused" doc:"The last mail of each person that is tried no more, the latest first, at most 100"`
	Host     string         `json:"host,omitempty"`
	Port     int            `json:"port,omitempty"`
	TLS      string         `json:"tls,omitempty" enum:"starttls,tls,none"`
	User     string         `json:"user,omitempty"`
	From     string         `json:"from,omitempty"`
	Password bool           `json:"has_password"`
	OAuth    *MailOAuthJSON `json:"oauth,omitempty"`
}

// MailOAuthJSON is the client credential of a mail account, without its
// secrets.
type MailOAuthJSON struct {
	TokenURL string `json:"token_url"`
	ClientID string `json:"client_id"`
	Scope    string `json:"scope,omitempty"`
}

// ActJSON is one line of the log of acts.
type ActJSON struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor,omitempty" doc:"Id of a person; left out for the command line and for strangers"`
	Name    string    `json:"name,omitempty" doc:"Of the actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitempty" doc:"Id of what it was done to"`
	Of      string    `json:"of,omitempty" doc:"Name of the person it was done to"`
	Detail  string    `json:"detail,omitempty"`
}

type accessInput struct {
	Q      string `query:"q" maxLength:"200" doc:"A part of the name, e-mail address or personnel number"`
	Show   string `query:"show" enum:"all,new,admins" default:"all" doc:"new: only those who never came in"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

type roleInput struct {
	api.ByID
	Body struct {
		Role string `json:"role" enum:"member,guest,organiser,admin"`
	}
}

type inviteInput struct {
	Body struct {
		People []string `json:"people" doc:"A name with an e-mail address or a personnel number each, such as Ada Lovelace <ada@example.org> or Ada Lovelace, 40731; at most 200"`
		Role   string   `json:"role,omitempty" enum:"member,guest,organiser" default:"member"`
	}
}

type peopleInput struct {
	Body struct {
		People []string `json:"people" doc:"Ids, at most 500"`
	}
}

type organisationInput struct {
	Body OrganisationJSON
}

type practicesInput struct {
	Body struct {
		On []string `json:"on" doc:"Keys of those that are on; the others are off"`
	}
}

type wideningInput struct {
	Body WideningJSON
}

// MailFormJSON is a mail server with its secrets, on the way in only.
type MailFormJSON struct {
	Host     string         `json:"host"`
	Port     int            `json:"port"`
	TLS      string         `json:"tls" enum:"starttls,tls,none"`
	User     string         `json:"user,omitempty"`
	Password string         `json:"password,omitempty" doc:"Empty keeps the one held, for the same host and user"`
	From     string         `json:"from"`
	OAuth    *OAuthFormJSON `json:"oauth,omitempty" doc:"Where the server wants XOAUTH2"`
}

// OAuthFormJSON is the client credential of a mail account, on the way in only.
type OAuthFormJSON struct {
	TokenURL     string `json:"token_url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty" doc:"Empty keeps the one held, for the same token_url and client_id"`
	RefreshToken string `json:"refresh_token,omitempty" doc:"Empty keeps the one held, for the same token_url and client_id"`
	Scope        string `json:"scope,omitempty"`
}

type mailInput struct {
	Body MailFormJSON
}

type testMailInput struct {
	Body struct {
		Server MailFormJSON `json:"server"`
		To     string       `json:"to" doc:"E-mail address"`
	}
}

type auditInput struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}
